"""A tape as numpy source that one could have written by hand: matrices with names.

`function` writes it; `operands` writes the view of an array, `names` chooses names, `formulas` has the text of each
primitive. It runs nothing.
May import `table`, `recording`, `ieee`, `passes`, `source`, `arrays`.
"""
