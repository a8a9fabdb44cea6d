"""A page to type in: Python in the browser, with every picture and page of `viz`.

`run` runs a program and returns what it shows; it works in the browser. `folder` writes the page.
May import `autodiff`, `extend`, `style`, `pages`, `drawing`, `mathematics`.
"""
