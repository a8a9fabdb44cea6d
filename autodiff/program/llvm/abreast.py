"""`abreast`: loops that do not depend on each other become one loop, whose turns compute a turn of each.

A recurrence waits for its own last number: an addition takes three or four cycles, in which the processor could start
ten others. Two recurrences in one loop take the time of one. So the chain y = a y + b, whose reverse sweep needs powers
of a alone, runs forward and back at once, and so do two trajectories from two starts.
"""

from collections.abc import Sequence

import numpy as np

from autodiff.program.llvm.periods import Array, Repeat, Steps, Stretch

MAX_STEPS = 64  # of a turn of a loop that is joined from others: its numbers should stay in registers
MAX_LEFT = 8  # turns that one loop may have more than the other; they follow one by one


def abreast(steps: Steps, stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the stretches with each loop joined to the loop before it where neither needs the other."""
    computed_by: dict[int, int] = {}
    result: list[Stretch] = []
    for stretch in stretches:
        loops = [k for k, other in enumerate(result) if other.repeat]
        joined = None
        if stretch.repeat and loops:
            computed_by = computed_by or {line: k for k, line in enumerate(steps.lines) if line >= 0}
            between = np.concatenate([np.empty(0, int), *[other.steps for other in result[loops[-1] + 1 :]]])
            joined = _joined(steps, computed_by, result[loops[-1]], between, stretch)
        result = [*result[: loops[-1]], *joined] if joined else [*result, stretch]
    return result


def _joined(
    steps: Steps, computed_by: dict[int, int], first: Stretch, between: Array, second: Stretch
) -> list[Stretch] | None:
    """Two loops as one, with what lies between them before or after it; None if that cannot be done."""
    one, two = first.repeat, second.repeat
    assert one is not None
    assert two is not None
    turns = sorted([len(one.lines), len(two.lines)])
    periods = [len(loop.steps) // len(loop.repeat.lines) for loop in (first, second) if loop.repeat]
    if turns[1] - turns[0] > MAX_LEFT or sum(periods) > MAX_STEPS:
        return None
    # what the second loop needs from between them moves ahead, if it does not need the first loop
    before, moving = set(first.steps.tolist()), set[int]()
    waiting = [computed_by[line] for line in np.unique(two.lines).tolist() if line in computed_by]
    movable = set(between.tolist())
    while waiting:
        k = waiting.pop()
        if k in before:
            return None
        if k in movable and k not in moving:
            moving.add(k)
            waiting += [computed_by[line] for line in steps.operands[k] if line in computed_by]
    n = turns[0]
    rows = [loop.steps.reshape(-1, period) for loop, period in zip((first, second), periods, strict=True)]
    is_moving = np.isin(between, sorted(moving))
    repeat = Repeat(
        np.concatenate([one.slots, two.slots + periods[0]]),
        np.hstack([one.lines[:n], two.lines[:n]]),
        np.concatenate([one.carried, two.carried]),
        np.concatenate([one.origins, np.where(two.origins < 0, -1, two.origins + periods[0])]),
    )
    left = np.concatenate([rows[0][n:].ravel(), between[~is_moving], rows[1][n:].ravel()])
    loop = Stretch(np.hstack([rows[0][:n], rows[1][:n]]).ravel(), repeat)
    return [Stretch(between[is_moving], None), loop, Stretch(left, None)]
