"""The backend `arrays`: scalars go in, matrices come out.

A tape has a line for every scalar operation. Lines that do the same are one class (`classes`); the places of their
operands follow loops (`affine`), so a class is one instruction on arrays (`lower`, `instructions`). What the article
derives by hand, `delta @ a.T`, is found. The instructions are run by numpy (`kernel`), printed as code (`source`), or
handed to JAX (`jax`); `choose` says when they are the better choice. docs/scalars-to-matrices.md is the tour.
"""
