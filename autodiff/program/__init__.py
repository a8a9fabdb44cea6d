"""Record a graph of Values once, replay it at machine speed.

`recording/` makes the tape and `passes/` shorten it. `llvm/`, `arrays/` and `python` are the backends, each a `kernel`;
`ieee` and `interpret` compute line by line with numpy; `source/` prints. `program` has the class: it checks
what it is made of (`checks`), takes a backend (`choose`), and reads the arrays of a call (`replay`).

May import `basis`, `core`, `recording`, `kernel`, `ieee`, `passes`, `source`, `python`, `llvm`, `arrays`,
`arrays.source`.
"""

from autodiff.program.program import Program

__all__ = ["Program"]
