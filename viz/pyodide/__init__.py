"""A page to type in: Python in the browser, with every picture and page of `viz`.

`run` runs a program and returns what it shows; it works in the browser. `folder` writes the page. `extension` shows
the objects of `autodiff` and `nn` in a notebook.
May import `autodiff`, `extend`, `nn`, `style`, `graph`, `pages`, `drawing`, `mathematics`, `figures`.
"""
