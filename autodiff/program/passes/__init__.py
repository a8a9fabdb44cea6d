"""The passes over a tape: each is a function from one tape to another.

`derive` appends the gradient, `simplify` and `fuse` make the tape shorter, `labels` names its lines. A pass imports the
engine, `tape` and `record`, and no backend.
"""
