"""The passes over a tape: each is a function from one tape to another.

`derive` appends the gradient, `simplify` and `fuse` make the tape shorter, `labels` names its lines.
May import `table`, `core`, `recording`.
"""
