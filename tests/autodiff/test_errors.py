"""The errors: which `except` clause catches which."""

import pytest

from autodiff import ChainruleError, DomainError, ExpressionError, GraphCopyError, MissingDependencyError
from autodiff.errors import needed


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (DomainError, (ChainruleError, ValueError, ArithmeticError)),
        (ExpressionError, (ChainruleError, ValueError)),
        (GraphCopyError, (ChainruleError, TypeError)),
        (MissingDependencyError, (ChainruleError, ImportError)),
    ],
)
def test_each_error_is_a_chainrule_error_and_one_of_pythons_own(error, bases):
    assert error.__bases__ == bases


def test_a_missing_dependency_names_the_extra_that_brings_it(refuses):
    message = 'render needs the package graphviz: pip install ".[viz]" in the folder of chainrule'
    with refuses(MissingDependencyError, message):
        raise MissingDependencyError("render", "graphviz", "viz")


@pytest.mark.parametrize(
    ("missing", "error", "message"),
    [
        (
            "graphviz",
            MissingDependencyError,
            'render needs the package graphviz: pip install ".[viz]" in the folder of chainrule',
        ),
        ("another", ModuleNotFoundError, "No module named 'another'"),
    ],
)
def test_what_is_needed_is_named_and_nothing_else_that_is_missing(missing, error, message, refuses):
    with refuses(error, message), needed("render", "graphviz", "viz"):
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
