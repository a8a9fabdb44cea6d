"""Backpropagation step by step: as a page with a player, as slides, as pictures.

Events are computed first; sentences and pictures are made from them.
May import `autodiff`, `extend`, `ingredients`, `viz.checks`, `graph`, `style`, `pages`, `drawing`, `mathematics`.
"""
