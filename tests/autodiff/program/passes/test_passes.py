"""What every pass keeps: the results."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify


@pytest.mark.parametrize("rewrite", [simplify, fuse])
@given(data=st.data())
def test_results_are_the_same_to_the_last_digit_where_arithmetic_is_exact(data, rewrite, tapes, run, verify):
    tape = data.draw(tapes)
    number = st.sampled_from([0.0, -0.0, 1.0, 0.5, -3.0, math.inf, -math.inf, math.nan])
    leaves = data.draw(st.lists(number, min_size=tape.n_leaves, max_size=tape.n_leaves))
    before = run(tape, leaves)
    # 24 bits before or behind the point: products of two are exact, and sums of some
    assume(all(abs(x) < 2**12 and (x * 2**12).is_integer() for x in before if math.isfinite(x)))
    after_it = rewrite(tape)
    verify(after_it)
    after = run(after_it, leaves)
    for i, j in zip(tape.outputs, after_it.outputs, strict=True):
        assert before[i] == after[j] or (math.isnan(before[i]) and math.isnan(after[j]))
