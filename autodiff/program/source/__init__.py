"""A tape as source code that one could have written by hand, in Python or JavaScript.

`function` writes it; `plan` chooses names, `formula` sets parentheses, `statements` breaks lines, and `dialects` holds
the words of each language.
May import `table`, `recording`, `passes`.
"""
