"""Positions in lists are found to be those of nested loops."""

import numpy as np
import pytest

from autodiff.program.arrays.affine import pieces


@pytest.mark.parametrize(
    ("positions", "loops", "strides"),
    [
        ([[5]], (), [()]),
        ([[3, 4, 5, 6]], (4,), [(1,)]),
        ([[9, 7, 5]], (3,), [(-2,)]),
        ([[4, 4, 4]], (3,), [(0,)]),
        ([[0, 1, 2, 10, 11, 12]], (2, 3), [(10, 1)]),
        ([[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]], (3, 2), [(1, 0), (0, 1)]),
        ([[0, 1, 5, 6, 20, 21, 25, 26]], (2, 2, 2), [(20, 5, 1)]),
    ],
)
def test_positions_in_nested_loops_are_one_piece(positions, loops, strides):
    assert pieces(np.array(positions), 1) == [(0, loops, tuple(strides))]


def test_a_list_with_a_gap_is_two_pieces_and_one_without_order_too_many():
    assert [piece.start for piece in pieces(np.array([[0, 1, 2, 3, 7, 8, 9]]), 4)] == [0, 4]
    assert pieces(np.array([[0, 5, 1, 9, 2, 2, 7, 3, 8, 0]]), 3) is None


@pytest.mark.parametrize("seed", range(20))
def test_pieces_give_back_the_positions(seed):
    rng = np.random.default_rng(seed)
    parts = [
        (
            rng.integers(0, 50) + np.add.outer(np.arange(a) * rng.integers(-9, 9), np.arange(b) * rng.integers(-3, 3))
        ).ravel()
        for a, b in rng.integers(1, 5, (3, 2))
    ]
    positions = np.stack([np.concatenate(parts), rng.permutation(len(np.concatenate(parts)))])[: 1 + seed % 2]
    again = []
    for start, loops, strides in pieces(positions, len(positions[0])):
        index = np.indices(loops).reshape(len(loops), int(np.prod(loops)))
        offsets = positions[:, start]
        again.append(
            np.array([offset + np.array(s, dtype=int) @ index for offset, s in zip(offsets, strides, strict=True)])
        )
    assert (np.concatenate(again, axis=1) == positions).all()
