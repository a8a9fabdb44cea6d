"""The backend `arrays`: scalars go in, matrices come out.

Lines of a tape that do the same are one class (`classes`). The places of their operands follow loops (`affine`), so
that a class is one instruction on arrays (`lower`, `instructions`), such as the article's `delta @ a.T`. numpy runs the
instructions (`kernel`), `source` prints them, `jax` hands them to JAX. docs/scalars-to-matrices.md is the tour.
May import `basis`, `table`, `recording`, `kernel`, `ieee`, `passes`.
"""
