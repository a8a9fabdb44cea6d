"""A program as data: a graph of Values becomes a tape, the list of lines that everything else in `program` reads.

`record` goes from graph to tape and back; `fingerprint` tells whether two graphs are one program; `data_dependence`
sees code that a replay would not repeat.
May import `basis`, `table`, `core`.
"""
