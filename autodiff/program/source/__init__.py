"""A tape as source code that one could have written by hand, in Python or JavaScript.

`function` writes it; `plan` decides on names, `formula` on parentheses, `statements` on lines; `dialects` holds what differs
between the languages. It imports `tape` and `passes`, and no backend.
"""
