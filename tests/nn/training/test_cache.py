"""The promises of `ProgramCache`: the same graph, the same objects, no models, and a bound."""

import gc
import weakref

import pytest

from autodiff import Program, Value
from nn import Module
from nn.training.cache import ProgramCache


@pytest.fixture
def cache():
    return ProgramCache(size=2)


def use(cache, key, parts=(), may_keep=True):
    x = Value(1.0)
    return cache.use(
        key,
        make=lambda: Program(2.0 * x, [x], backend="python"),
        may_keep=lambda: may_keep,
        first_call=lambda program: None,
        parts=parts,
    )


def test_a_program_is_made_once_for_a_key(cache):
    assert use(cache, "a") is use(cache, "a")
    assert use(cache, "a") is not use(cache, "b")


def test_the_program_that_was_not_used_for_the_longest_time_is_dropped(cache):
    a, _, _ = use(cache, "a"), use(cache, "b"), use(cache, "a")
    c = use(cache, "c")
    assert cache.programs() == [a, c]


def test_a_program_that_may_not_be_kept_drops_no_other(cache):
    a, b = use(cache, "a"), use(cache, "b")
    assert use(cache, "c", may_keep=False) not in (a, b)
    assert cache.programs() == [a, b]


def test_a_comparison_counts_for_the_very_objects_that_were_compared(cache):
    model, other = Module(), Module()
    assert not cache.is_compared("a", [model])
    use(cache, "a", [model])
    assert cache.is_compared("a", [model])
    assert not cache.is_compared("a", [other])
    assert not cache.is_compared("a", [model, model])
    use(cache, "a", [other])
    assert not cache.is_compared("a", [model])


def test_an_object_without_weak_references_is_compared_again(cache):
    use(cache, "a", [(1.0,)])
    assert not cache.is_compared("a", [(1.0,)])


def test_no_model_is_held(cache):
    model = Module()
    reference = weakref.ref(model)
    use(cache, "a", [model])
    del model
    gc.collect()
    assert reference() is None
