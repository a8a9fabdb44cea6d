"""A graph as Mermaid and as TikZ text: the same nodes and edges, and labels that stay text."""

import random
import re
import shutil
import subprocess
from html import unescape

import pytest

import viz
from autodiff import Value, dot
from nn import MLP, losses

HOSTILE = [
    '"]; click n0 call alert() "',
    "%%{init: {}}%%",
    "end",
    "`**bold**`",
    "<img src=x onerror=alert(1)>",
    "a --> b",
    "#quot; &amp; ;",
    r"\input{/etc/passwd} $x$ \\ % _ ^ ~",
    "}] {[ \\end{document}",
    "two\nlines",
    "é ß ñ",
    "\x00\x1b\ud800",
    "'--' \"q\"",
]
SHOW = ("data", "grad", "partials")


@pytest.fixture
def model() -> MLP:
    return MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))


@pytest.fixture
def loss(model):
    loss = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0])
    loss.backward()
    return loss


@pytest.fixture(params=[{}, {"level": "neurons"}, {"level": "layers"}, {"theme": "dark", "rankdir": "TB"}], ids=str)
def drawing(request, loss, model):
    return viz.draw(loss, clusters=model, show=SHOW, **request.param)


# -------------------------------------------------------------------------------------------------------- Mermaid

QUOTED = r'"(?:[\w .,+\-−×=()\[\]/→…·*∂²³√]|\#\d+;|<br/>)*"'  # nothing in it can be markup
STATEMENT = re.compile(
    rf"""flowchart\ (?:LR|RL|TB|BT)
    | n\d+(?:\[{QUOTED}\]|\({QUOTED}\)):::(?:leaf|parameter|constant|operation|part|more)
    | n\d+\ -->(?:\|{QUOTED}\|)?\ n\d+
    | subgraph\ box_\w+\[{QUOTED}\]
    | end
    | class\ n\d+\ output
    | (?:classDef|style|linkStyle)\ \w+\ (?:[a-z-]+:(?:\#[0-9a-f]{{6}}|none|transparent|\d+px),?)+""",
    re.VERBOSE,
)


def statements(text: str) -> list[str]:
    """The statements of a flowchart; fails if a line is none."""
    found = [line.strip() for line in text.splitlines()]
    assert [line for line in found if not STATEMENT.fullmatch(line)] == []
    return found


def mermaid_labels(text: str) -> list[str]:
    """The labels of the nodes, as a browser shows them."""
    quoted = re.findall(r'^ *n\d+[\[(]"(.*?)"[\])]', text, flags=re.M)
    shown = [unescape(label.replace("<br/>", "\n").replace("#", "&#")) for label in quoted]
    return [re.sub("[\ufeff\u2060]", "", text).replace("ˋ", "`") for text in shown]


def test_mermaid_has_the_nodes_and_edges_of_the_drawing(drawing):
    found = statements(drawing.mermaid())
    graph = drawing.content.graph
    assert sum(":::" in line for line in found) == len(graph.nodes)
    arrows = [line for line in found if "-->" in line]
    assert [(line.split()[0], line.split()[-1]) for line in arrows] == [(e.source.id, e.target.id) for e in graph.edges]
    assert found.count("end") == sum(line.startswith("subgraph") for line in found)


def test_mermaid_writes_partials_on_the_edges():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    assert re.findall(r'-->\|"(.*?)"\|', viz.draw(a * b, show=SHOW).mermaid()) == ["−3", "2"]


def test_a_small_graph_in_mermaid():
    a, b = Value(2.0, "a"), Value(-0.5, "b")
    f = dot([a, 1.5], [b, a])
    f.label = "f"
    f.backward()
    assert (
        viz.draw(f, show=SHOW, groups={"größe 1": [f]}, rankdir="TB").mermaid()
        == """flowchart TB
    n0["a<br/>data 2<br/>grad 1"]:::leaf
    n1["1.5"]:::constant
    n2["b<br/>data −0.5<br/>grad 2"]:::leaf
    subgraph box_gr__e_1["größe 1"]
        n3("Σ· f<br/>data 2<br/>grad 1"):::operation
        class n3 output
    end
    style box_gr__e_1 fill:none,stroke:#6b6b6b,color:#595959
    n0 -->|"−0.5"| n3
    n1 --> n3
    n2 -->|"2"| n3
    n0 -->|"1.5"| n3
    classDef leaf fill:#ffffff,stroke:#1a1a1a,color:#1a1a1a
    classDef parameter fill:#dbe9f6,stroke:#1a1a1a,color:#1a1a1a
    classDef constant fill:transparent,stroke:transparent,color:#1a1a1a
    classDef operation fill:#f0f0f0,stroke:#6b6b6b,color:#1a1a1a
    classDef part fill:#dbe9f6,stroke:#6b6b6b,color:#1a1a1a
    classDef more fill:transparent,stroke:transparent,color:#1a1a1a
    classDef output stroke:#1a1a1a,stroke-width:3px
    linkStyle default stroke:#6b6b6b,color:#006d77
"""
    )
    assert "linkStyle" not in viz.draw(a).mermaid()  # of no edge Mermaid would complain


MARKDOWN = [
    *(
        "a*b*c",
        "__x__",
        "_x_",
        "x_1 + x_2",
        "*x*",
        "+ x",
        "- x",
        "* x",
        "1. x",
        "12) x",
        "1.",
        "-",
        "+",
        "---",
        "===",
        "a\n---",
        "a\n===",
    ),
    *(
        "~~x~~",
        "# x",
        "> x",
        "    x",
        "a  b",
        "[x](y)",
        "![x](y)",
        "[x]: y",
        "<b>x</b>",
        "www.example.com",
        "a@b.c",
        "`x`",
        "a\\*b",
    ),
    *("x1*w1 + x2*w2", "W1[0,2]", "1.5", "-1.5", "1e-05", "f(x1)", "|a|b|\n|-|-|", "- [ ] x"),
]
BLOCK = re.compile(r"(?:[+\-*>]|#+|\d+[.)])(?:[ \t]|$)|#+\s|[-=*_]+$|    ")  # begins a block of Markdown
SPACE = r"\s\ufeff"  # what JavaScript takes for a space
INLINE = re.compile(rf"\*[^{SPACE}]|_\w+_$|~[^{SPACE}]|\]\(|\]:|`|\\[!-/:-@[-`{{-~]|www\.\w|\w@\w")


def markdown(text: str) -> list[str]:
    """The rows of a flowchart that Mermaid 11 reads as Markdown: with its numbers decoded, but for < > &."""
    quoted = re.findall(r'[(\[|]"(.*?)"[\])|]', text)
    rows = [
        re.sub(r"#(?!60;|62;|38;)(\d+);", lambda c: chr(int(c[1])), row) for one in quoted for row in one.split("<br/>")
    ]
    return [row for row in rows if BLOCK.match(row.strip(" \ufeff")) or INLINE.search(row)]


@pytest.mark.parametrize("label", [*HOSTILE, *MARKDOWN])
def test_any_label_is_text_in_mermaid(label):
    text = viz.draw(Value(1.0, label), show=()).mermaid()
    statements(text)
    assert markdown(text) == []
    expected = re.sub("[\x00\x1b\ud800]", "\ufffd", label)
    assert mermaid_labels(text) == [expected]


def test_no_symbol_of_an_operation_begins_a_list_in_mermaid():
    a, c = Value(1.5, "a"), Value(2.0, "c")
    text = viz.draw(-(a + c) - a * c, show=SHOW).mermaid()
    assert '"+#65279;#8288;<br/>data 3.5' in text
    assert '|"−1"|' in text
    assert markdown(text) == []
    plain = text.replace("#65279;#8288;", "")
    assert markdown(plain) == ["+"]


# ----------------------------------------------------------------------------------------------------------- TikZ

NUMBER = r"-?\d+(?:\.\d+)?"
POINT = rf"\({NUMBER},\ {NUMBER}\)"
TIKZ = re.compile(
    rf"""\\draw\[edge(?:,\ -)?\]\ {POINT}(?:\ \.\.\ controls\ {POINT}\ and\ {POINT}\ \.\.\ {POINT})*(?:\ --\ {POINT})?;
    | \\draw\[box\]\ {POINT}\ rectangle\ {POINT};
    | \\node\[[\w\ ,=.]*\](?:\ \(n\d+\))?\ at\ {POINT}\ \{{.*\}};""",
    re.VERBOSE,
)


def body(text: str) -> list[str]:
    """The lines of a picture; fails if one is neither a drawing nor a node, or its braces are not in pairs."""
    lines = [line.strip() for line in text.split("  ]\n", 1)[1].split("\\end{tikzpicture}")[0].splitlines()]
    assert [line for line in lines if not TIKZ.fullmatch(line)] == []
    for line in lines:
        depth = 0
        for brace in re.findall(r"(?<!\\)[{}]", line.replace("\\\\", "")):
            depth += 1 if brace == "{" else -1
            assert depth >= 0, line
        assert depth == 0, line
    return lines


def test_tikz_has_the_nodes_and_edges_of_the_drawing(drawing):
    lines = body(drawing.tikz())
    graph = drawing.content.graph
    assert sum(bool(re.match(r"\\node\[.*\] \(n\d+\)", line)) for line in lines) == len(graph.nodes)
    assert sum(line.startswith(r"\draw[edge") for line in lines) == len(graph.edges)
    partials = [line for line in lines if line.startswith(r"\node[partial")]
    assert len(partials) == sum(edge.partial is not None for edge in graph.edges)


@pytest.mark.parametrize("label", HOSTILE)
def test_any_label_is_text_in_tikz(label):
    (line,) = body(viz.draw(Value(1.0, label), show=()).tikz())
    inside = re.fullmatch(r".*? at \(.*?\) \{(.*)\};", line)[1]
    commands = re.findall(r"\\([a-zA-Z]+|.)", inside)
    assert {*commands} <= {
        *("textit", "textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater"),
        *("textquotedbl", "textbar", "\\", "{", "}", "$", "&", "#", "_", "%"),
    }


def test_numbers_are_set_in_mathematics():
    text = viz.draw(Value(-1e-20, "x"), show="data").tikz()
    assert r"$-10^{-20}$" in text
    model = MLP(4, [5], rng=random.Random(0))
    vector = viz.draw(*model([0.0, Value(1.0), -1.5, 8.0]), clusters=model, level="layers", show="data").tikz()
    assert re.search(r"\$\[-?[\d.]+, -?[\d.]+, \\dots , -?[\d.]+\]\$", vector)
    assert r"$\mathrm{nan}$" in viz.draw(Value(float("nan"), "x"), show="data").tikz()


def test_both_are_the_same_in_every_run(drawing):
    assert drawing.mermaid() == drawing.mermaid()
    assert drawing.tikz() == drawing.tikz()


def compiles(text: str, folder) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex, standalone and tikz")
    (folder / "graph.tex").write_text(text, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "graph.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if "File `standalone.cls' not found" in run.stdout:
        pytest.skip("needs pdflatex, standalone and tikz")
    assert run.returncode == 0, run.stdout[-2000:]
    assert (folder / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_latex_compiles_a_drawing(drawing, tmp_path):
    compiles(drawing.tikz(), tmp_path)


def test_latex_compiles_hostile_labels(tmp_path):
    values = [Value(float(i), label) for i, label in enumerate(HOSTILE)]
    compiles(viz.draw(*values).tikz(), tmp_path)


def test_latex_compiles_the_symbol_of_every_primitive(tmp_path):
    from autodiff import PRIMITIVES

    values = [Value(1.0, primitive.symbol) for primitive in PRIMITIVES.values()]
    compiles(viz.draw(*values, Value(1.0, "αβγΣΩ x₁₂ ∂f/∂x → √2 … ∇")).tikz(), tmp_path)
