"""A tape as numpy source that one could have written by hand: matrices with names.

`function` writes it; `operands` writes a view of an array, `names` finds names, `formulas` has the words of each primitive. It
imports the array program and the identifiers of `autodiff.program.source`, and runs nothing.
"""
