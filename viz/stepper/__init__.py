"""Backpropagation step by step: as a page with a player, as slides, as pictures.

Events are computed first; sentences and pictures are made from them.
May import: `autodiff`, `viz.checks`, `viz.graph`, `viz.style`, `viz.pages`, `viz.drawing`, `viz.mathematics`.
"""
