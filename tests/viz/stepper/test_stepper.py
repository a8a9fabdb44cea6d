"""The forward and the backward pass step by step: what is said, what is shown, and the player in a browser."""

import math
import random
import re
import sys

import pytest
from hypothesis import given

import autodiff
import viz
from autodiff import MissingDependencyError, Value, dot, exp, grad, maximum, relu, sin
from autodiff.testing.strategies import expressions
from nn import MLP, losses
from viz.graph.mistakes import MISTAKES
from viz.style.palette import LIGHT

# ------------------------------------------------------------------------------------------- what is said


def test_the_whole_story(small):
    assert [str(step) for step in viz.steps(small)] == [
        "The forward pass begins at the leaves: a = 2, b = −3.",
        "c = a·b = 2·(−3) = −6.\nLocal derivatives, of a node by its operands: ∂c/∂a = b = −3, ∂c/∂b = a = 2.",
        "f = c + a = −6 + 2 = −4.\nLocal derivatives: ∂f/∂c = 1, ∂f/∂a = 1.",
        (
            "The backward pass begins at the output: df/df = 1.\n"
            "The gradient of a node is the derivative of f by it. All others start at 0."
        ),
        "df/dc += df/df · ∂f/∂c = 1 · 1 = 1.",
        "df/da += df/df · ∂f/∂a = 1 · 1 = 1; so far 1.",
        (
            "df/da += df/dc · ∂c/∂a = 1 · (−3) = −3; in all −2.\n"
            "df/dc = 1 is complete: every node that uses c has reported back."
        ),
        "df/db += df/dc · ∂c/∂b = 1 · 2 = 2.",
        (
            "The gradient: df/da = −2, df/db = 2.\n"
            "4 products, one for each edge. Path by path, over 3 paths, it takes 5; by forward mode, leaf by leaf, 5."
        ),
    ]


@given(expressions())
def test_the_story_ends_with_the_gradient_of_the_engine(f):
    leaves = [Value(x, name) for x, name in zip(f.point, f.variables, strict=True)]
    out = f(*leaves)
    told = viz.steps(out).gradient
    assert {leaf.label for leaf in autodiff.leaves(out)} == {*told}
    for leaf, slope in zip(leaves, grad(f, argnums=tuple(range(len(leaves))))(*f.point), strict=True):
        if leaf.label in told:
            # the same products, added in the same order up to the order of consumers: a few roundings apart
            assert told[leaf.label] == pytest.approx(slope, rel=1e-9, abs=1e-12)


def test_no_grad_changes(small):
    small.backward()
    before = [leaf.grad for leaf in small.operands]
    viz.steps(small).page()
    assert [leaf.grad for leaf in small.operands] == before


def test_a_sequence_of_steps_can_be_indexed_sliced_and_counted(small):
    steps = viz.steps(small)
    assert len(steps) == len(list(steps)) == 9
    assert str(steps[-1]) == str(steps[8]) == str(steps[7:][1])
    assert [step.number for step in steps[2:4]] == [2, 3]
    with pytest.raises(IndexError):
        steps[9]


def test_a_wide_node_sends_to_all_in_one_step_and_a_narrow_one_edge_by_edge():
    xs = [Value(float(i), f"x{i}") for i in range(6)]
    out = dot(xs[:3], xs[3:])
    assert sum("+=" in str(step) for step in viz.steps(out)) == 1
    assert sum("+=" in str(step) for step in viz.steps(out, wide=6)) == 6
    assert viz.steps(out).gradient == viz.steps(out, wide=6).gradient
    assert "Likewise df/dx1 += 1 · 4 = 4, df/dx2 += 1 · 5 = 5, and 3 more." in str(viz.steps(out)[-2])


def test_only_what_leads_to_wrt_is_sent(small):
    b = small.operands[0].operands[1]
    assert [str(step) for step in viz.steps(small, wrt=b)][4:] == [
        "df/dc += df/df · ∂f/∂c = 1 · 1 = 1.",
        "df/db += df/dc · ∂c/∂b = 1 · 2 = 2.\ndf/dc = 1 is complete: every node that uses c has reported back.",
        "The gradient: df/db = 2.",
    ]


def test_names_are_told_apart_and_nodes_without_one_are_numbered():
    w, other = Value(1.0, "w"), Value(2.0, "w")
    said = str(viz.steps(sin(w * other) + exp(w))[-1])
    assert "df/dw = " in said
    assert "df/dw_2 = " in said
    out = w * other
    assert "v₁ = w·w_2 = 1·2 = 2." in str(viz.steps(sin(out))[1])
    assert "y = w·w_2 = 1·2 = 2." in str(viz.steps(out, names={"y": out})[1])


def test_a_network_has_the_names_of_the_article():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    cost = losses.squared_error(model([Value(0.5), Value(-1.0)]), [1.0, 0.0])
    cost.label = "C"
    said = "\n".join(map(str, viz.steps(cost, clusters=model)))
    assert "a⁽³⁾₂ = σ(z⁽³⁾₂)" in said
    assert "dC/dz⁽²⁾₁ += dC/da⁽²⁾₁ · ∂a⁽²⁾₁/∂z⁽²⁾₁" in said
    assert re.search(r"dC/dW⁽¹⁾₁₃ \+= dC/dv₃ · ∂v₃/∂W⁽¹⁾₁₃ = \S+ · 0\.5 = ", said)


def test_data_changed_since_leaves_the_numbers_that_were_recorded(small):
    small.operands[1].data = 100.0
    assert "∂c/∂a = −3" in str(viz.steps(small)[1])
    assert viz.steps(small).gradient == {"a": -2.0, "b": 2.0}


# ------------------------------------------------------------------------------------------ told wrong


def test_depth_first_gives_a_wrong_gradient_on_the_smallest_example_and_says_why():
    steps = viz.misconception()
    assert steps.gradient == {"a": 6.0}
    said = [str(step) for step in steps]
    assert "b does not wait: it holds 1, but dc/db is 2." in said[5]
    assert said[-1].startswith("This gives dc/da = 6.\nRight is dc/da = 4. What arrived first was sent on at once")


def test_overwriting_loses_a_product():
    steps = viz.misconception("overwrite")
    assert steps.gradient == {"a": 1.0}
    assert "; it now holds 1." in str(steps[4])
    assert "Right is db/da = 2." in str(steps[-1])


@pytest.mark.parametrize(
    ("kind", "wrong", "step", "said", "right"),
    [
        ("not-zeroed", {"a": 4.0, "b": 6.0}, 0, "From the pass before: dc/da = 2, dc/db = 3.", "dc/da = 2, dc/db = 3"),
        ("in-place", {"a": 12.0, "b": 7.2}, 7, "∂c/∂b was 3 in the forward pass.", "dd/db = 9"),
        ("sign", {"a": 1.0, "b": 1.0}, 1, "∂c/∂b = 1; right is ∂c/∂b = −1.", "dc/db = −1"),
        (
            "product",
            {"a": 3.0, "b": 2.0},
            1,
            "∂c/∂a = 3, ∂c/∂b = 2; right is ∂c/∂a = 2, ∂c/∂b = 3.",
            "dc/da = 2, dc/db = 3",
        ),
    ],
)
def test_each_misconception_says_what_is_wrong_where_it_happens_and_at_the_end(kind, wrong, step, said, right):
    steps = viz.misconception(kind)
    assert steps.gradient == pytest.approx(wrong)
    assert said in str(steps[step])
    assert f"\nRight is {right}. " in str(steps[-1])


def test_the_pass_before_and_changed_data_are_in_the_picture():
    texts = [step.state.texts for step in viz.misconception("not-zeroed")]
    assert [state["n0.grad"] for state in texts] == ["2", "2", "2", "4", "4", "4"]
    changed = [step.state.texts for step in viz.misconception("in-place")][-1]
    assert (changed["n0.data"], changed["n1.data"], changed["e1.partial"]) == ("1.8", "1.28", "2.4")


def test_on_a_tree_the_mistake_does_no_harm_and_it_says_so():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert str(viz.steps(a * b, mistake="depth-first")[-1]).endswith("On this graph it happens to be right.")


def test_a_story_that_would_not_end_is_refused_before_it_begins(refuses):
    a = Value(1.0, "a")
    for _ in range(40):
        a = a + a
    message = "steps: expected at most 5000 products in the backward pass, got 2199023255550; show a smaller graph"
    with refuses(ValueError, message):  # from the output on, 2 + 4 + ... + 2**40
        viz.steps(a, mistake="depth-first")
    assert len(viz.steps(a)) == 1 + 40 + 1 + 80 + 1


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (
            {"mistake": "hurry"},
            ValueError,
            f"steps: expected mistake to be one of {', '.join(MISTAKES)}, got 'hurry'",
        ),
        ({"rankdir": "XY"}, ValueError, "steps: expected rankdir to be one of LR, TB, RL, BT, got 'XY'"),
        ({"wide": 0}, ValueError, "steps: expected wide to be a positive int, got 0"),
        ({"wrt": 1.0}, TypeError, "steps: expected wrt to be Values, got float"),
        (
            {"wrt": Value(1.0)},
            ValueError,
            "steps: expected wrt to be nodes that the output was computed from, got Value(data=1.0, grad=0.0)",
        ),
        (
            {"max_nodes": 3},
            ValueError,
            (
                "steps: expected a graph of at most 3 nodes, got 4; "
                "show a part of it (an inner node, one sample), or pass max_nodes=4"
            ),
        ),
    ],
)
def test_options_of_the_wrong_kind_are_refused(options, kind, message, refuses, small):
    with refuses(kind, message):
        viz.steps(small, **options)


# ---------------------------------------------------------------------------------------- pictures and files


def places(svg: str) -> list[tuple[str, ...]]:
    """The positions of all that is in every picture: the outlines of nodes, and their captions."""
    return [
        *re.findall(r'<text x="(\S+)" y="(\S+)" font-size="9"', svg),
        *re.findall(r'<path d="(M[^"]*C[^"]*)" fill="#', svg),
    ]


def test_nothing_moves_and_every_picture_is_of_one_size(small):
    pictures = [step.svg() for step in viz.steps(small)]
    assert len({tuple(places(svg)) for svg in pictures}) == 1
    assert len({re.search(r'viewBox="[^"]*" width="\S+" height="\S+"', svg)[0] for svg in pictures}) == 1


def test_a_picture_shows_what_is_known_so_far(small):
    steps = viz.steps(small)

    def shown(step, key):
        return step.state.texts[key]

    assert [shown(step, "n2.data") for step in steps[:3]] == ["", "−6", "−6"]
    assert [shown(step, "n0.grad") for step in steps[2:]] == ["", "0", "0", "1", "−2", "−2", "−2"]


def test_a_folder_gets_numbered_pictures(tmp_path, deep):
    viz.steps(deep(4)).save(f"{tmp_path}/steps/")
    names = sorted(path.name for path in (tmp_path / "steps").iterdir())
    assert names[0] == "step-00.svg"
    assert len(names) == len(viz.steps(deep(4)))
    assert "df/df = 1" in (tmp_path / "steps" / names[1 + 4 * 4 + 1]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (
            "typst",
            'viz.steps(...).save needs the package typst: pip install ".[slides]" in the folder of chainrule',
        ),
    ],
)
def test_without_a_package_one_line_says_what_to_install(package, message, tmp_path, monkeypatch, refuses, small):
    for name in [
        name
        for name in sys.modules
        if name.split(".")[0] == package or name in ("viz.drawing.dot", "viz.drawing.drawing")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with refuses(MissingDependencyError, message):
        viz.steps(small).save(tmp_path / "steps.pdf")
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused(tmp_path, refuses, small):
    with refuses(
        ValueError, "save: expected a file name that ends in .html, .pdf, .pptx or .gif, or a folder/, got 'steps.svg'"
    ):
        viz.steps(small).save(tmp_path / "steps.svg")


def test_a_picture_has_no_hole_in_an_edge_before_its_number_is_there(tmp_path):
    model = MLP(2, [2, 1], rng=random.Random(0))
    steps = viz.steps(model([Value(0.5, "x1"), Value(-1.0, "x2")]), clusters=model)
    ground = re.compile(f'<path d="[^"]*" fill="{LIGHT["paper"]}" stroke="none"')
    holes = [len(ground.findall(step.svg())) for step in steps]
    written = [sum(text != "" for key, text in step.state.texts.items() if key[0] == "e") for step in steps]
    assert holes[0] == written[0] == 0
    assert holes[-1] == written[-1] > 0
    assert all(a <= b for a, b in zip(holes, written, strict=True))


def test_at_a_kink_and_where_there_is_no_result_the_sentence_says_so():
    a, b = Value(0.0, "a"), Value(1.0, "b")
    said = [str(step) for step in viz.steps(relu(a) + maximum(a, b))]
    ending = "\nHere relu has a kink and no derivative: what is shown is a convention."
    assert [sentence.endswith(ending) for sentence in said[1:4]] == [True, False, False]
    infinite = Value(math.inf, "x")
    said = [str(step) for step in viz.steps(infinite - infinite)]
    assert said[1].endswith("\nThese numbers have no −: the result is nan, no number.")
    assert "no number" not in str(viz.steps(Value(math.nan, "x") * 1.0)[1])
