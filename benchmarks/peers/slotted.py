"""The slotted Value of `benchmarks/slotted.py`."""

from functools import partial

from benchmarks.engine import Engine
from benchmarks.peers import Contenders
from benchmarks.slotted import Value
from benchmarks.tasks import Task

VERSION = "benchmarks/slotted.py"
ENGINE = Engine(Value, Value, Value.exp, Value.log, Value.relu, Value.sigmoid)


def contenders(task: Task) -> Contenders:
    """The scalar code."""
    if task.replay_only:
        return {}
    return {"slotted Value": partial(task.scalar, ENGINE)}
