"""A program of the playground: what it shows, in order, and its errors."""

import pytest

from viz.pyodide.run import qr_code, run


def test_pictures_and_pages_are_shown_where_they_stand_and_the_last_value_as_its_graph():
    shown = run(
        "from autodiff import Value\n"
        "import viz\n"
        "x = Value(2.0, 'x')\n"
        "f = x * x\n"
        "print('first')\n"
        "viz.steps(f)\n"
        "1 + 1\n"
        "viz.derive(f, x)\n"
        "f"
    )
    assert [piece[:5] for piece in shown] == ["<pre>", "<div ", "<tabl", "<div "]
    assert "first" in shown[0]
    assert "srcdoc=" in shown[1]
    assert "<math" in shown[2]
    assert 'src="data:image/svg+xml' in shown[3]


def test_a_function_that_was_typed_is_shown_line_by_line():
    (page,) = run("import viz\ndef f(x):\n    typed = x * x\n    return typed\nviz.steps(f, x=3.0)")
    assert "typed = x * x&lt;/code" in page


def test_a_statement_at_the_end_shows_nothing():
    assert run("x = 1") == run("") == run("None") == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = (1", "line 1: SyntaxError: &#x27;(&#x27; was never closed"),
        ("def f():\n    return 1 / 0\n\nf()", "line 2: ZeroDivisionError: division by zero"),
        (
            "from autodiff import Value, log\nlog(Value(0.0))",
            "line 2: DomainError: log: expected x &gt; 0, got x = 0.0; check or clamp the operand first",
        ),
        ("raise SystemExit(2)", "line 1: SystemExit: 2"),
    ],
)
def test_an_error_is_one_line_that_names_the_line_of_the_program(code, error):
    assert run(code) == [f'<pre class="error">{error}</pre>']


def test_what_was_shown_before_an_error_stays():
    assert run("print(1)\n1 / 0")[0] == "<pre>1\n</pre>"


def test_programs_share_no_names():
    run("secret = 1")
    assert run("secret") == ['<pre class="error">line 1: NameError: name &#x27;secret&#x27; is not defined</pre>']


def test_a_link_is_a_qr_code_if_it_is_not_too_long():
    segno = pytest.importorskip("segno")
    link = "https://example.org/#" + "A" * 500
    code = segno.make(link, error="l", micro=False)
    assert code.version <= 40
    assert qr_code(link).startswith("<svg")
    assert "<title>The link as a QR code</title>" in qr_code(link)
    assert qr_code("a" * 3000) == ""
