"""The two builds: what is said of them, and what the list of compiled modules holds."""

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

import autodiff
import nn
import viz

ROOT = Path(__file__).parents[2]


def test_build_says_which_one_runs():
    assert autodiff.build() == ("pure" if autodiff.value.__file__.endswith(".py") else "compiled")


def test_the_build_that_the_tests_are_meant_for_runs():
    expected = os.environ.get("CHAINRULE_EXPECT_BUILD")
    assert expected in (None, autodiff.build())


def compiled_modules():
    """The files that setup.py names."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    (core,) = [node.value for node in tree.body if ast.unparse(node).startswith("CORE =")]
    return [
        ROOT / package / f"{name}.py" for package, names in ast.literal_eval(core).items() for name in names.split()
    ]


def test_every_module_that_is_to_be_compiled_exists():
    modules = compiled_modules()
    assert {"graph", "node", "primitives", "reverse", "value"} <= {path.stem for path in modules}
    assert all(path.is_file() for path in modules)


@pytest.mark.parametrize("path", compiled_modules(), ids=lambda path: path.stem)
def test_no_compiled_module_assigns_to_a_property_of_two_types(path):
    # The setters take any real number and the getters return floats; mypyc would hand over a float, and crash.
    targets = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in ("data", "grad", "label")
    ]
    assert targets == []


@pytest.mark.parametrize("path", compiled_modules(), ids=lambda path: path.stem)
def test_no_compiled_module_defines_an_exception(path):
    # mypyc gives its deallocator no trashcan, so `check_deallocators` of setup.py would refuse the build.
    bases = [
        ast.unparse(base)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    ]
    assert not [base for base in bases if base.endswith(("Error", "Exception"))]


def test_no_compiled_module_lies_beside_the_sources():
    assert not [path for package in ("autodiff", "nn") for path in (ROOT / package).rglob("*.so")], (
        sys.path
    )  # it would shadow the file that one edits


def test_the_header_that_the_compiler_needs_is_in_the_source_distribution():
    names = (ROOT / "MANIFEST.in").read_text().split()
    assert "autodiff/native/trashcan.h" in names
    assert "autodiff/native/trashcan.h" in (ROOT / "setup.py").read_text()


@pytest.fixture
def setup_function():
    """A function of setup.py by its name; the file cannot be imported: it would build."""

    def function(name):
        tree = ast.parse((ROOT / "setup.py").read_text())
        tree.body = [node for node in tree.body if getattr(node, "name", "") == name]
        scope = {"re": re}
        exec(compile(tree, "setup.py", "exec"), scope)
        return scope[name]

    return function


@pytest.fixture
def check_deallocators(setup_function):
    return setup_function("check_deallocators")


DEALLOCATOR = "CPy_TRASHCAN_BEGIN(self, f)\nCPy_TRASHCAN_END(self)\n.tp_dealloc = (destructor)f,\n"


def test_code_whose_deallocators_have_the_macros_of_the_header_is_compiled(check_deallocators):
    check_deallocators(DEALLOCATOR * 3)


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("", 0),
        (DEALLOCATOR * 2 + ".tp_dealloc = (destructor)g,", 3),
        (DEALLOCATOR.replace("TRASHCAN_BEGIN", "TRASH_BEGIN"), 1),
        (DEALLOCATOR.replace("TRASHCAN_END", "TRASH_END"), 1),
    ],
)
def test_code_with_a_deallocator_that_has_not_is_not_compiled(code, number, check_deallocators, refuses):
    with refuses(RuntimeError, f"expected Py_TRASHCAN_BEGIN and _END once in each of {number} deallocators"):
        check_deallocators(code)


OWN = "Py_TRASHCAN_BEGIN(self, f) Py_TYPE(self)->tp_free(self); Py_TRASHCAN_END"
CPYTHONS = "PyThreadState *state = NULL; if (!_PyTrash_begin(state, self)) { Py_TYPE(self)->tp_free(self); }"
COMPILER, HEADERS = shutil.which("cc"), Path(sysconfig.get_path("include"))


@pytest.mark.skipif(COMPILER is None or not (HEADERS / "Python.h").exists(), reason="needs a C compiler and Python.h")
@pytest.mark.parametrize(
    ("body", "flags", "error"),
    [
        (OWN, [], ""),
        (CPYTHONS, [], "array"),
        (OWN, ["-DPy_GIL_DISABLED"], "chainrule: without a global lock an object has two reference counts"),
    ],
)
def test_the_header_compiles_only_where_it_fits(body, flags, error, tmp_path):
    file = tmp_path / "some.c"
    file.write_text(f"#include <Python.h>\nvoid f(PyObject *self) {{ {body} }}\n")
    command = [
        COMPILER,
        "-fsyntax-only",
        *flags,
        "-include",
        str(ROOT / "autodiff/native/trashcan.h"),
        f"-I{HEADERS}",
        file,
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode != 0) == bool(error)
    assert error in run.stderr


def test_what_only_the_compiler_needs_is_not_needed_to_run(tmp_path):
    code = "import sys; sys.modules['mypy_extensions'] = None; import autodiff, nn; autodiff.Value(1.0).backward()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


PUBLIC = [
    (package, name) for package in (autodiff, nn, viz) for name in package.__all__ if callable(getattr(package, name))
]


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=[f"{package.__name__}.{name}" for package, name in PUBLIC])
def test_every_public_name_has_a_docstring_in_either_build(package, name):
    thing = getattr(package, name)
    assert thing.__doc__
    if isinstance(thing, type) and thing.__module__.startswith(("autodiff", "nn", "viz")):
        methods = [method for method in vars(thing) if not method.startswith("_") and callable(getattr(thing, method))]
        assert [method for method in methods if not getattr(thing, method).__doc__] == []


def test_help_of_a_value_documents_its_properties_and_methods_in_either_build():
    names = {name for name in dir(autodiff.Value) if not name.startswith("_")} | {"_prev", "_op", "_backward"}
    assert {"data", "operands", "sin", "backward"} <= names
    assert {name for name in names if not getattr(autodiff.Value, name).__doc__} == set()


@pytest.fixture
def with_docstrings(setup_function):
    return setup_function("with_docstrings")


def test_the_docstrings_are_written_behind_the_signatures_in_the_c_of_the_compiler(with_docstrings):
    code = (
        '{"tanh", (PyCFunction)CPyPy_functions___tanh, METH_FASTCALL, PyDoc_STR("tanh(x)\\n--\\n\\n")},\n'
        ".tp_doc = PyDoc_STR(\"Value(data, label='')\\n--\\n\\n\"),\n"
        '{"data", (getter)node___Node_get_data, (setter)node___Node_set_data, NULL, NULL},\n'
        '{"label", (getter)node___Node_get_label, NULL, NULL, NULL},\n'
        '{"_mark", (getter)node___Node_get__mark, (setter)node___Node_set__mark, NULL, NULL},\n'
    )
    texts = {"functions___tanh": '"', "Value": "x²", "node___Node___data": "d", "node___Node___label": "l"}
    assert with_docstrings(code, texts).splitlines() == [
        r'{"tanh", (PyCFunction)CPyPy_functions___tanh, METH_FASTCALL, PyDoc_STR("tanh(x)\n--\n\n\042")},',
        r""".tp_doc = PyDoc_STR("Value(data, label='')\n--\n\nx\302\262"),""",
        '{"data", (getter)node___Node_get_data, (setter)node___Node_set_data, "d", NULL},',
        '{"label", (getter)node___Node_get_label, NULL, "l", NULL},',
        '{"_mark", (getter)node___Node_get__mark, (setter)node___Node_set__mark, NULL, NULL},',
    ]


def test_a_subinterpreter_breaks_nothing():
    code = """
        import sys
        import autodiff
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
            other, run = interpreters.create("legacy"), interpreters.exec
        else:
            import _xxsubinterpreters as interpreters
            other, run = interpreters.create(isolated=False), interpreters.run_string
        try:
            excinfo = run(other, "import autodiff; print(autodiff.grad(lambda x: x**3)(2.0))")
        except interpreters.RunFailedError as error:
            excinfo = error
        sys.stdout.flush()
        print(excinfo)
        interpreters.destroy(other)
        print(autodiff.grad(lambda x: x**3)(2.0))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    run = subprocess.run(command, cwd=folder_of_autodiff(), capture_output=True, text=True, check=True, timeout=60)
    said = "12.0\nNone\n" if autodiff.build() == "pure" else "expected the main interpreter, as this build is compiled"
    assert said in run.stdout
    assert run.stdout.endswith("\n12.0\n")


def folder_of_autodiff():
    """The folder with the packages that run here."""
    return Path(autodiff.__file__).parents[1]
