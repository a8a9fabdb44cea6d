"""The command: a formula drawn, derived, stepped through or explored, and what is said when it cannot be."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import viz
from viz.__main__ import main
from viz.style.palette import DARK
from viz.style.text import format_number

ARTICLE = ["2*x**2*y**3", "x=2", "y=3"]


def run(*arguments):
    """Run the command; return its exit code, its output and its errors."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            code = main(arguments)
        except SystemExit as exit_:
            code = exit_.code
    return code, out.getvalue(), error.getvalue()


def test_without_a_file_it_prints_the_gradient_and_where_it_comes_from():
    code, out, error = run(*ARTICLE)
    assert (code, error) == (0, "")
    assert out.splitlines()[:3] == ["f = 216", "df/dx = 216", "df/dy = 216"]
    assert len(out.splitlines()) > 6


def test_steps_without_a_file_are_sentences():
    code, out, _ = run(*ARTICLE, "--steps")
    assert code == 0
    assert "df/df = 1" in out


def test_steps_may_make_a_common_mistake():
    _, out, _ = run("x*x + y", "x=3", "y=2", "--steps", "--mistake", "overwrite")
    assert out.splitlines()[-2:] == [
        "This gives df/dx = 3, df/dy = 1.",
        "Right is df/dx = 6. A node that is used twice has an effect along both edges, and the effects add up.",
    ]
    message = "--mistake is for the steps: say so, as in --steps --mistake sign\n"
    assert run("x*x", "x=3", "--mistake", "sign") == (2, "", message)


def test_a_derivation_without_a_file_is_text():
    code, out, _ = run(*ARTICLE, "--derive")
    assert code == 0
    assert "216" in out


@pytest.mark.parametrize(
    ("options", "suffix", "begins"),
    [
        ([], "svg", b"<?xml"),
        ([], "png", b"\x89PNG"),
        ([], "pdf", b"%PDF-"),
        ([], "html", b"<!doctype html>"),
        (["--steps"], "html", b"<!doctype html>"),
        (["--derive"], "html", b"<!doctype html>"),
        (["--derive"], "tex", b"\\["),
        (["--derive"], "txt", b"f"),
        (["--explore"], "html", b"<!doctype html>"),
    ],
)
def test_each_kind_is_written_to_the_file_that_is_named(options, suffix, begins, tmp_path):
    path = tmp_path / f"f.{suffix}"
    assert run(*ARTICLE, *options, "-o", str(path)) == (0, f"wrote {path}\n", "")
    assert path.read_bytes().startswith(begins)


def test_the_derivations_of_all_variables_are_in_one_file(tmp_path):
    path = tmp_path / "f.txt"
    run(*ARTICLE, "--derive", "-o", str(path))
    text = path.read_text(encoding="utf-8")
    assert "df/dx" in text
    assert "df/dy" in text


@pytest.mark.parametrize("kind", [[], ["--steps"], ["--derive"], ["--explore"]])
def test_each_page_runs_in_a_browser(kind, tmp_path, browse):
    path = tmp_path / "page.html"
    assert run(*ARTICLE, *kind, "-o", str(path))[0] == 0
    assert "216" in browse(path).page_source


def test_the_drawing_has_data_gradients_and_local_derivatives(tmp_path, browse):
    path = tmp_path / "page.html"
    run("3*x", "x=2", "-o", str(path))
    page = browse(path)
    texts = page.execute_script(
        "return [...document.querySelectorAll('svg text[id]')].map((t) => [t.id, t.textContent])"
    )
    assert dict(texts) == {
        "n0.data": "2",
        "n0.grad": "3",
        "n1.data": "6",
        "n1.grad": "1",
        "e0.partial": "3",
    }


@pytest.mark.parametrize(
    ("formula", "f"), [("-x**2", -9.0), ("-x", -3.0), ("-(x)+1", -2.0), (" x", 3.0), ("x", 3.0), ("+x", 3.0)]
)
def test_a_formula_may_begin_with_a_minus(formula, f):
    code, out, _ = run(formula, "x=3")
    assert code == 0
    assert out.splitlines()[0].endswith(f" = {format_number(f, 6)}")


@pytest.mark.parametrize(("text", "x"), [("2", 2.0), ("-1e-3", -0.001), ("pi/2", 1.5708)])
def test_the_value_of_a_variable_may_be_a_formula(text, x):
    _, out, _ = run("1*x", f"x={text}")
    assert out.splitlines()[0] == f"f = {format_number(x, 6)}"


@pytest.mark.parametrize("name", ["µ", "ϕ", "ϵ", "ℓ", "𝑥", "xₙ"])
def test_a_name_is_compared_as_python_reads_it(name, tmp_path):
    code, out, message = run(f"2*{name}", f"{name}=3")
    assert (code, message) == (0, "")
    assert f"f = 6\ndf/d{name} = 2" in out
    for kind in ("--steps", "--derive", "--explore"):
        assert run(f"2*{name}", f"{name}=3", kind, "-o", str(tmp_path / "f.html"))[0] == 0


def test_the_result_has_a_name_that_no_variable_has():
    assert run("f*g", "f=2", "g=3")[1].startswith("h = 6\n")


def test_results_have_names():
    code, out, _ = run("q = x+y; f = q*z", "x=-2", "y=5", "z=-4")
    assert code == 0
    assert out.splitlines()[:7] == ["f = −12", "df/dx = −4", "df/dy = −4", "df/dz = 3", "", "f = q·z", "q = x + y"]
    assert run("loss = x**2", "x=3")[1].startswith("loss = 9\ndloss/dx = 6\n")


@pytest.mark.parametrize(
    ("formula", "python"),
    [
        ("σ(w·x − 1)", "sigmoid(w*x - 1)"),
        ("√x + √(w+1)", "sqrt(x) + sqrt(w+1)"),
        ("ln(x)÷w", "log(x)/w"),
        ("x² × w⁻¹⁰", "x**2 * w**-10"),
    ],
)
def test_signs_of_mathematics_are_read(formula, python):
    assert run(formula, "x=2", "w=3") == run(python, "x=2", "w=3")
    assert run(formula, "x=2", "w=3")[0] == 0


def test_a_circuit_may_be_chosen_for_every_picture_of_operations(tmp_path):
    for kind, suffix in (([], ".svg"), ([], ".html"), (["--steps"], ".html"), (["--explore"], ".html")):
        path = tmp_path / f"graph{suffix}"
        assert run(*ARTICLE, *kind, "--style", "circuit", "-o", str(path))[0] == 0
        assert "←" in path.read_text(encoding="utf-8")


def test_a_theme_a_direction_and_a_browser_may_be_chosen(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    path = tmp_path / "f.svg"
    assert run(*ARTICLE, "-o", str(path), "--theme", "dark", "--rankdir", "TB", "--open")[0] == 0
    assert DARK["paper"] in path.read_text(encoding="utf-8")
    assert shown == [path.as_uri()]
    width, height = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', path.read_text(encoding="utf-8")).groups()
    assert float(height) > float(width)
    assert run(*ARTICLE, "--rankdir", "up")[0] == 2


def test_digits_are_those_of_every_text_and_page(tmp_path):
    assert run("sin(x)", "x=3", "--digits", "8")[1].splitlines() == [
        *("f = 0.14112001", "df/dx = −0.9899925", "", "f = sin(x)", "", "df/dx = cos(x)", "      = −0.9899925")
    ]
    assert run("sin(x)", "x=3", "--digits", "2")[1].startswith("f = 0.14\ndf/dx = −0.99\n")
    for kind in ("--steps", "--derive"):
        assert run("sin(x)", "x=3", kind, "--digits", "2")[1].splitlines()[-1].removesuffix(".").endswith(" = −0.99")
    for kind in ("--steps", "--explore"):
        path = tmp_path / f"{kind[2:]}.html"
        assert run("sin(x)", "x=3", kind, "--digits", "2", "-o", str(path))[0] == 0
        page = path.read_text(encoding="utf-8")
        assert re.search(r"\b0\.14\b", page)
        assert "0.1411" not in page


@pytest.mark.parametrize(
    ("arguments", "heading"),
    [
        (["(x - 1)**2", "x=3"], "Gradient descent on f(x) = (x − 1)²"),
        (["C = 0.5*(m + c - 2)**2", "m=1", "c=0"], "Gradient descent on C(m, c) = 0.5·(m + c − 2)²"),
    ],
    ids=["curve", "map"],
)
def test_gradient_descent_is_a_page_or_a_still_of_one_variable_or_two(arguments, heading, tmp_path, browse):
    page, still = tmp_path / "page.html", tmp_path / "still.svg"
    for path in (page, still):
        assert run(*arguments, "--descent", "--rate", "0.2", "--theme", "dark", "-o", str(path)) == (
            0,
            f"wrote {path}\n",
            "",
        )
    assert DARK["paper"] in still.read_text(encoding="utf-8")
    driver = browse(page)
    assert driver.find_element("css selector", "h1").text == heading
    values = [
        float(field.get_attribute("value")) for field in driver.find_elements("css selector", "input[type=number]")
    ]
    assert values == [*[float(text.partition("=")[2]) for text in arguments[1:]], 0.2, 0.0]


def test_a_formula_without_variables_is_a_number():
    assert run("2+3") == (0, "f = 5\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["2*x + z", "x=1"],
            2,
            "parse: unknown name 'z'; pass z=... (given: x)\n    2*x + z\n          ^\n",
        ),
        (["2*x +", "x=1"], 2, "parse: this is not a formula (invalid syntax)\n    2*x +\n         ^\n"),
        (["x", "x=2*"], 2, "x: expected a number, as in x=2 or x=pi/2\n    2*\n      ^\n"),
        (["x*y", "x=2", "y=x"], 2, "y: expected a number, as in y=2 or y=pi/2\n    x\n    ^\n"),
        (["x", "x=1", "x=2"], 2, "expected each variable once, got one of them twice\n"),
        (["x", "3"], 2, "expected variables as name=value, as in x=2, got '3'\n"),
        (["x", "lambda=3"], 2, "lambda is a word of Python and no name; call it lambda_, as in lambda_=3\n"),
        (["x", "x=1,y=2"], 2, "expected a space between variables, as in x=1 y=2, got 'x=1,y=2'\n"),
        (["1/x", "x=0"], 1, "div: expected x != 0, got x = 0.0; check or clamp the operand first\n"),
        (["log(x - 3)", "x=1"], 1, "log: expected x - 3 > 0, got x - 3 = -2.0; check or clamp the operand first\n"),
        (["q=x; q=x", "x=1"], 2, "expected a name for each result that no other has, got q twice\n"),
        (["x=2*x", "x=1"], 2, "expected a name for each result that no other has, got x twice\n"),
        (["if=x", "x=1"], 2, "if is a word of Python and no name; call it if_\n"),
        (["x; 2*x", "x=1"], 2, "expected results by name, as in \"q = x + y; f = q*z\", got 'x'\n"),
        (["x", "x=1", "--open"], 2, "--open shows a file: say which, as in -o page.html\n"),
        (
            ["sin x", "x=1"],
            2,
            "parse: this is not a formula: a function needs parentheses; write sin(x)\n    sin x\n        ^\n",
        ),
        (
            ["2x", "x=1"],
            2,
            "parse: this is not a formula: a product needs a sign; write 2*x\n    2x\n    ^\n",
        ),
        (["min(x, 1)", "x=1"], 2, "parse: unknown function 'min'; write minimum(x, y)\n    min(x, 1)\n    ^\n"),
        (["x", "2x=3"], 2, "expected variables as name=value, as in x=2, got '2x=3'\n"),
        (["log(x)", "x=0"], 1, "log: expected x > 0, got x = 0.0; check or clamp the operand first\n"),
        (["x", "x=1/0"], 1, "div: expected y != 0, got x = 1.0, y = 0.0; check or clamp the operand first\n"),
        (["x", "x=1", "--explore"], 2, "--explore makes a page: say where to, as in -o page.html\n"),
        (["x", "x=1", "--descent"], 2, "--descent makes a page: say where to, as in -o page.html\n"),
        (
            ["x*y*z", "x=1", "y=2", "z=3", "--descent", "-o", "f.html"],
            2,
            "--descent: expected one variable, for a curve, or two, for a map, got 3\n",
        ),
        (
            ["2", "--explore", "-o", "f.html"],
            2,
            '--explore: expected a variable in the formula, got none; as in "x**2" x=3\n',
        ),
        (
            ["x", "x=1", "-o", "f.gif"],
            2,
            "save: expected a file name that ends in .svg, .png, .pdf or .html, got 'f.gif'\n",
        ),
        (["x*y", "x=1", "y=2", "z=3"], 2, "expected variables of the formula, got z; it has x, y\n"),
        (["x", "x=1", "y=2", "z=3", "--steps"], 2, "expected variables of the formula, got y, z; it has x\n"),
        (["2", "z=3"], 2, "expected variables of the formula, got z; it has none\n"),
        (
            ["x", "x=1", "--explore", "-o", "f.svg"],
            2,
            "save: expected a file name that ends in .html, got 'f.svg'\n",
        ),
        (["x", "x=1", "-o", "no/where.svg"], 1, "cannot write no/where.svg: the folder no does not exist\n"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(arguments, code, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == (code, "", message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [[], ["x", "--stepz"], ["x", "--steps", "--explore"], ["x", "-o"], ["x", "x=1", "--digits", "0"]]
)
def test_a_wrong_command_gets_the_usage(arguments):
    code, out, error = run(*arguments)
    assert (code, out) == (2, "")
    assert error.startswith("usage: python -m viz [-h]")


def test_without_arguments_only_the_formula_is_asked_for():
    assert run()[2].endswith("\npython -m viz: error: the following arguments are required: formula\n")


def test_help_shows_examples_that_work():
    code, out, _ = run("--help")
    assert code == 0
    examples = [line.split() for line in out.splitlines() if line.startswith("  python -m viz ")]
    assert len(examples) == 8
    assert all(words[3:6] == ['"2*x**2*y**3"', "x=2", "y=3"] for words in examples[:5])


def test_help_says_of_each_option_what_it_is_for(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = run("--help")
    options = dict(re.findall(r"^  (?:-\w, )?(-+[\w-]+|formula|name=value)(?: [A-Z]+| {[^}]*})?\s{2,}(.*)$", out, re.M))
    assert options == {
        "formula": 'arithmetic, in quotes, as in "2*x**2*y**3"',
        "name=value": "each variable of the formula, as in x=2",
        "--help": "show this help message and exit",
        "--steps": "the forward and the backward pass, step by step",
        "--derive": "the chain rule, written out for each variable",
        "--explore": "a page with a slider for each variable",
        "--quiz": "a page that asks for the numbers of the graph, and explains mistakes",
        "--descent": "gradient descent from the values of one variable or two",
        "-o": "where to; the suffix says as what. Else it is text",
        "--theme": "the colors of a picture or of slides",
        "--digits": "significant digits",
        "--rate": "the learning rate",
        "--rankdir": "the direction of the graph; by default what fits best",
        "--style": "circuit: values above wires, gradients below",
        "--mistake": "with --steps, the numbers of a common mistake",
        "--open": "show the file that was written",
    }


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "viz", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_command_has_no_traceback_and_an_exit_code():
    ran = command("2*x + z", "x=1")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"Traceback" not in ran.stderr


def test_a_terminal_without_the_letters_shows_what_it_can():
    ran = command("-θ**2*1e9", "θ=3", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.splitlines()[:2] == [b"f = -9*10^9", b"df/d? = -6*10^9"]


@pytest.mark.parametrize("suffix", ["txt", "tex", "html"])
def test_a_saved_derivation_has_the_digits_that_were_asked_for(suffix, tmp_path):
    path = tmp_path / f"f.{suffix}"
    assert run("x**2/3", "x=2", "--derive", "--digits", "2", "-o", str(path))[0] == 0
    text = path.read_text(encoding="utf-8")
    assert "1.3" in text
    assert "1.33" not in text


@pytest.mark.parametrize("formula", [["-θ**2*1e9", "θ=3"], [*ARTICLE, "--steps"], ["σ*2 - 7", "σ=2", "--derive"]])
def test_what_a_terminal_without_the_letters_shows_has_one_sign_for_each(formula, monkeypatch):
    _, wanted, _ = run(*formula)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(formula) == 0
    sys.stdout.flush()
    for sign, letters in {"−": "-", "·": "*", "∂": "d", "∞": "inf", "√": "sqrt", "σ": "sigmoid"}.items():
        wanted = wanted.replace(sign, letters)
    shown = written.getvalue().decode()
    assert re.sub(r"\^", "", shown.translate(str.maketrans("0123456789", "?" * 10))) == re.sub(
        r"[^\x00-\x7f]", "?", wanted.translate(str.maketrans("0123456789", "?" * 10))
    )


def test_whoever_reads_may_stop_reading():
    code = "import sys; from viz.__main__ import main; sys.stdout.close(); sys.exit(0)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
    with subprocess.Popen(
        [sys.executable, "-m", "viz", *ARTICLE, "--steps"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("more", [[], ["--steps"]], ids=str)
def test_a_terminal_that_cannot_be_written_is_named(more):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "viz", *ARTICLE, *more]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.endswith("cannot write to the terminal: No space left on device\n")
    assert "Traceback" not in ran.stderr


# --------------------------------------------------------------------------------------- nothing but arithmetic

# The watch is in another process: no hook can be taken away again, and this one lets threads switch in the middle of
# `sys.settrace`, which then fails in both, so that a thread of a test that is measured by coverage waits for ever.
WATCH = """
import contextlib, io, json, os, sys
from viz.__main__ import main

FORBIDDEN = {"exec", "open", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect", "import"}
events = []
sys.addaudithook(lambda event, _: events.append(event) if event in FORBIDDEN else None)

def run(arguments):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return main(arguments)
        except SystemExit as exit_:
            return exit_.code

run(["x", "x=1"])  # what is imported when it is used
for line in sys.stdin:
    arguments = json.loads(line)
    events.clear()
    code = run(arguments)
    print(json.dumps([code, events]), flush=True)
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A function that runs the command; it returns the exit code and all audited events beyond arithmetic."""
    folder = tmp_path_factory.mktemp("watched")
    command = [sys.executable, "-c", WATCH]
    environment = {**os.environ, "PYTHONPATH": str(Path(viz.__file__).parents[1])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as child:

        def watched(*arguments):
            child.stdin.write(json.dumps(arguments) + "\n")
            child.stdin.flush()
            return tuple(json.loads(child.stdout.readline()))

        yield watched
        child.stdin.close()
    assert list(folder.iterdir()) == []


CODE = [
    "__import__('os').system('touch hacked')",
    "open('hacked', 'w')",
    "exec('1')",
    "(lambda: 1)()",
    "[x for x in (1,)]",
    "x.__class__",
    "x.data",
    "f'{x}'",
    "(y := 2)",
    "'a' * 10",
    "print(x)",
    "x if x else x",
    "x[0]",
    "{**x}",
    "x < 1",
    "not x",
    "await x",
    "yield",
    "1j",
    "...",
    "True",
    "exp.__globals__",
    "exp(*[x])",
    "exp(x=x)",
    "x;x",
    "x#",
    "x\\\n",
    "import os",
]


def test_the_watch_sees_that_a_file_is_written(watched, tmp_path):
    code, beyond = watched("x", "x=1", "-o", str(tmp_path / "f.svg"))
    assert code == 0
    assert "open" in beyond


@pytest.mark.parametrize("code", CODE)
def test_code_that_is_not_arithmetic_is_not_run(code, watched):
    assert watched(code, "x=1") in ((2, []), (0, []))
    assert watched("x", f"x={code}")[1] == []


TOKENS = st.sampled_from(
    [*"xy0123.()+-*/,= \n#'\"[]{}:;@%&|^~<>!$?\\`_", "**", "exp", "log", "e5", "lambda ", "dot", "x.y"]
)


@settings(max_examples=150)
@given(st.lists(TOKENS, max_size=25).map("".join) | st.text(max_size=15))
@example("9**9**9")
@example("(" * 300)
@example("-" * 5000 + "x")
@example("1" * 5000)
@example("1if 2else 3")
@example("0x")
@example("\0")
@example("\ud800")
@example("x\u0332")
@example("--help")
def test_any_text_is_computed_or_refused(watched, formula):
    code, beyond = watched(formula, "x=1.5", "y=-2")
    assert code in (0, 1, 2)
    assert beyond == []


@settings(max_examples=100)
@given(st.lists(TOKENS, max_size=12).map("".join) | st.text(max_size=10))
def test_any_value_is_computed_or_refused(watched, value):
    code, beyond = watched("x**2", f"x={value}")
    assert code in (0, 1, 2)
    assert beyond == []


def grown(parts):
    """A larger formula from smaller ones."""
    functions = st.sampled_from(["exp", "log", "sqrt", "tanh", "relu", "abs", "sin", "sigmoid", "softplus", "sign"])
    return (
        st.tuples(parts, st.sampled_from("+-*/"), parts).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | st.tuples(parts, st.integers(-3, 3) | st.just(0.5)).map(lambda t: f"({t[0]})**{t[1]}")
        | st.tuples(functions, parts).map(lambda t: f"{t[0]}({t[1]})")
        | st.tuples(parts, parts).map(lambda t: f"maximum({t[0]}, {t[1]})")
        | parts.map(lambda text: f"(-{text})")
    )


FORMULAS = st.recursive(st.sampled_from(["x", "y", "2", "0", "0.5", "pi", "1e300"]), grown, max_leaves=8)


@settings(max_examples=60)
@given(FORMULAS, st.sampled_from([[], ["--steps"], ["--derive"]]))
def test_any_formula_is_shown_or_its_domain_named(formula, kind):
    given = [variable for variable in ("x=1.5", "y=-2") if variable[0] in re.findall(r"\b[xy]\b", formula)]
    code, out, error = run(formula, *given, *kind)
    assert (code, error) == (0, "") or (code, out) == (1, "")
