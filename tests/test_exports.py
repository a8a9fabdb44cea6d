"""Every public package lists its names in `__all__`: all of them, in order, each with a docstring.

The names of arguments, their order and their defaults are a promise too: `signatures.txt` has those of all public
calls. A change that is meant is written by `python -m pytest tests/test_exports.py --write`, and is for CHANGELOG.md.
"""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import autodiff

ROOT = Path(__file__).parents[1]
SIGNATURES = Path(__file__).with_name("signatures.txt")
NOT_LISTED = {
    "autodiff": {"sum"},  # so that `from autodiff import *` leaves Python's own `sum` alone
    "nn.data": {"Standardise"},  # the former name of Standardize
    "viz": {"load_ipython_extension"},  # which IPython calls
}

PUBLIC = [
    ".".join(path.parent.relative_to(ROOT).parts)
    for package in ("autodiff", "nn", "viz")
    for path in sorted((ROOT / package).rglob("__init__.py"))
    if "__all__ =" in path.read_text(encoding="utf-8")
]


def order(name):
    """CONSTANTS, then Classes, then functions and modules, each by name; log2 stands before log10."""
    natural = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, natural)


def test_the_packages_that_users_import_are_public():
    assert {"autodiff", "autodiff.program", "autodiff.testing", "nn", "nn.data", "viz"} <= set(PUBLIC)


@pytest.mark.parametrize("package", PUBLIC)
def test_all_is_sorted_without_duplicates(package):
    names = importlib.import_module(package).__all__
    assert list(names) == sorted(set(names), key=order)


@pytest.mark.parametrize("package", PUBLIC)
def test_all_lists_every_name_that_the_package_takes_from_its_modules(package):
    module = importlib.import_module(package)
    taken = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(thing)
        and f"{getattr(thing, '__module__', '')}.".startswith(f"{package}.")
    }
    assert taken - set(module.__all__) == NOT_LISTED.get(package, set())


@pytest.mark.parametrize("package", PUBLIC)
def test_what_a_package_lists_exists_and_is_documented(package):
    module = importlib.import_module(package)
    things = {name: getattr(module, name) for name in module.__all__}
    documented = {name: thing for name, thing in things.items() if inspect.isclass(thing) or inspect.isroutine(thing)}
    assert {name for name, thing in documented.items() if not inspect.getdoc(thing)} == set()


@pytest.mark.parametrize("package", PUBLIC)
def test_no_module_has_the_name_of_a_function_that_its_package_lists(package):
    folder = ROOT.joinpath(*package.split("."))
    module = importlib.import_module(package)
    functions = [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    assert [name for name in functions if (folder / f"{name}.py").exists() or (folder / name).is_dir()] == []


@pytest.mark.parametrize("package", ["autodiff", "nn", "viz"])
def test_completion_offers_the_public_names_alone(package):
    module = importlib.import_module(package)
    assert set(dir(module)) == {*module.__all__, *({"sum", "testing"} if package == "autodiff" else ())}


def public_calls():
    """(name, thing) for each public function and class, and each public method of such a class."""
    seen = set()
    for package in (*PUBLIC, "nn.callbacks", "nn.estimators", "nn.init", "nn.losses", "nn.metrics", "nn.schedules"):
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", [*vars(module)]):
            thing = getattr(module, name)
            if callable(thing) and not name.startswith("_") and is_home(thing, package) and thing not in seen:
                seen.add(thing)
                yield f"{package}.{name}", thing
                for method, code in sorted(vars(thing).items()) if inspect.isclass(thing) else ():
                    code = getattr(code, "__func__", code)  # of a class method
                    if inspect.isfunction(code) and (method == "__call__" or method[0] != "_"):
                        yield f"{package}.{name}.{method}", code


def is_home(thing, package):
    """Whether a name is listed here, not brought from another place."""
    module = getattr(thing, "__module__", "")
    return module == package or (f"{module}.".startswith(f"{package}.") and package in PUBLIC)


def signature(thing):
    """The arguments with their defaults, without types; "" for a class whose own code has none."""
    code = thing.__init__ if inspect.isclass(thing) else thing
    if inspect.isclass(thing) and not inspect.isfunction(code):
        return ""
    arguments = inspect.signature(code).parameters.values()
    bare = inspect.Signature([each.replace(annotation=each.empty) for each in arguments])
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", str(bare))


@pytest.mark.skipif(not autodiff.value.__file__.endswith(".py"), reason="compiled functions do not tell all defaults")
def test_signatures_are_those_that_are_written_down(as_written):
    pytest.importorskip("sklearn")  # of nn.estimators
    lines = [f"{name}{signature(thing)}" for name, thing in public_calls()]
    for package in ("autodiff", "nn", "viz"):
        as_written(SIGNATURES, package, [line for line in lines if line.startswith(f"{package}.")])
