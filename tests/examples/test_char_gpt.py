"""The character GPT of `examples/char_gpt.py`: right gradients on every engine, causal, and it learns."""

import importlib.util
import math
import random
import re
import string
import sys
from pathlib import Path

import numpy as np
import pytest

from autodiff import Value, topological_order
from autodiff.testing import check_gradients
from autodiff.testing.oracles import EPS, central_difference

PATH = Path(__file__).parents[2] / "examples" / "char_gpt.py"
TOKENS = [0, 1, 14, 14, 1, 0]  # ".anna.", in which letters repeat


@pytest.fixture(scope="module")
def gpt():
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("char_gpt", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def tiny(gpt):
    """Two heads and two layers: small, but all that the model has."""
    return gpt.Shape(embedding=4, heads=2, layers=2, block=5)


@pytest.fixture(scope="module")
def numbers(tiny):
    """Parameters for it, large enough for every part to matter."""
    rng = random.Random(7)
    return [rng.gauss(0.0, 0.5) for _ in range(tiny.n_parameters)]


def loss_and_gradient(gpt, engine, shape, numbers):
    """The loss on TOKENS and its gradient, by the engine's backward pass."""
    parameters = gpt.arrange(shape, map(engine.Value, numbers))
    out = gpt.loss(engine, parameters, TOKENS)
    out.backward()
    return out.data, [parameter.grad for parameter in parameters.flat()]


# ------------------------------------------------------------------------------------------------- gradients


def test_every_gradient_is_the_central_difference_of_the_loss_on_plain_floats(gpt, tiny, numbers):
    def loss_at(i, x):
        moved = [*numbers[:i], x, *numbers[i + 1 :]]
        return gpt.loss(gpt.FLOATS, gpt.arrange(tiny, moved), TOKENS)

    _, gradient = loss_and_gradient(gpt, gpt.SCALAR, tiny, numbers)
    for i, slope in enumerate(gradient):
        oracle = central_difference(lambda x, i=i: loss_at(i, x), numbers[i])
        # The oracle takes the noise of f to be 2 ulp; here f is a sum of some 1,000 terms of size 1, which rounding
        # shifts by about sqrt(1000) ulp.
        noise = 32.0 * EPS / EPS ** (1 / 3)
        assert abs(slope - oracle.derivative) <= 10.0 * oracle.error + noise


@pytest.mark.parametrize("engine", ["SCALAR", "WIDE"])
def test_gradients_pass_the_kit_in_forward_and_reverse_mode(gpt, engine):
    shape = gpt.Shape(embedding=2, heads=1, layers=1, block=2)
    rng = random.Random(3)
    numbers = [rng.gauss(0.0, 0.5) for _ in range(shape.n_parameters)]
    reached = slice(2 * len(gpt.LETTERS), None)  # all but the embeddings of letters, most of which are not in the name

    def f(some):
        values = [x if isinstance(x, Value) else Value(x) for x in some]  # of the kit's floats
        return gpt.loss(getattr(gpt, engine), gpt.arrange(shape, [*numbers[: reached.start], *values]), [0, 1, 2])

    check_gradients(f, numbers[reached], order=1)


def test_wide_primitives_give_the_loss_and_the_gradient_of_the_scalar_ones_with_fewer_nodes(gpt, tiny, numbers):
    loss, gradient = loss_and_gradient(gpt, gpt.SCALAR, tiny, numbers)
    wide_loss, wide_gradient = loss_and_gradient(gpt, gpt.WIDE, tiny, numbers)
    assert wide_loss == pytest.approx(loss, rel=1e-12)
    assert wide_gradient == pytest.approx(gradient, rel=1e-12, abs=1e-12)


def test_the_default_shape_makes_about_60_000_scalar_nodes_for_a_name_and_an_eighth_of_them_wide(gpt):
    def nodes(engine):
        parameters = gpt.make_parameters(engine, gpt.Shape(), random.Random(0))
        return gpt.count_nodes(gpt.loss(engine, parameters, gpt.encode("milwyna")))

    assert 60_000 <= nodes(gpt.SCALAR) <= 65_000
    assert nodes(gpt.WIDE) < nodes(gpt.SCALAR) / 7


def test_micrograd_with_two_functions_added_gives_the_same_gradient(gpt, tiny, numbers):
    """The model asks an engine for + - * / ** and three functions, and for nothing of ours."""
    engine = pytest.importorskip("micrograd.engine")

    def function(name, forward, slope):
        def apply(x):
            out = engine.Value(forward(x.data), (x,), name)

            def backward():
                x.grad += slope(x.data) * out.grad

            out._backward = backward
            return out

        return apply

    exp, log = function("exp", math.exp, math.exp), function("log", math.log, lambda x: 1.0 / x)
    peer = gpt.Engine(engine.Value, exp, log, engine.Value.relu)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)  # its backward pass recurses
    try:
        theirs = loss_and_gradient(gpt, peer, tiny, numbers)
    finally:
        sys.setrecursionlimit(limit)
    loss, gradient = loss_and_gradient(gpt, gpt.SCALAR, tiny, numbers)
    assert theirs[0] == pytest.approx(loss, rel=1e-12)
    assert theirs[1] == pytest.approx(gradient, rel=1e-12, abs=1e-12)


# ----------------------------------------------------------------------------------------------- the model


def logits_by_matrices(shape, numbers, tokens):
    """The model once more, in numpy, with a matrix for all positions and a mask of -inf for the future."""
    n, remaining = shape.embedding, list(numbers)

    def matrix(n_out, n_in=n):
        taken, remaining[:] = remaining[: n_out * n_in], remaining[n_out * n_in :]
        return np.reshape(taken, (n_out, n_in))

    def norm(X):
        return X / np.sqrt(np.mean(X**2, axis=1, keepdims=True) + 1e-5)

    def split(X):
        return X.reshape(len(X), shape.heads, -1).transpose(1, 0, 2)  # heads, positions, numbers of a head

    X = matrix(27)[tokens] + matrix(shape.block)[: len(tokens)]
    future = np.triu(np.full((len(tokens), len(tokens)), -np.inf), k=1)
    for _ in range(shape.layers):
        Q, K, V = (split(norm(X) @ matrix(n).T) for _ in range(3))
        weights = np.exp(Q @ K.transpose(0, 2, 1) / np.sqrt(n / shape.heads) + future)
        found = weights / weights.sum(axis=2, keepdims=True) @ V
        X = X + found.transpose(1, 0, 2).reshape(len(tokens), n) @ matrix(n).T
        X = X + np.maximum(norm(X) @ matrix(4 * n).T, 0.0) @ matrix(n, 4 * n).T
    return norm(X) @ matrix(27).T


def test_the_model_is_the_one_of_the_matrix_formulas(gpt, tiny, numbers):
    expected = logits_by_matrices(tiny, numbers, TOKENS[:-1])
    found = gpt.logits(gpt.FLOATS, gpt.arrange(tiny, numbers), TOKENS[:-1])
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-12)  # logits of size 1; sums in another order
    chances = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    by_hand = -np.mean(np.log(chances[np.arange(5), TOKENS[1:]]))
    assert gpt.loss(gpt.FLOATS, gpt.arrange(tiny, numbers), TOKENS) == pytest.approx(by_hand, rel=1e-12)


def test_a_later_token_changes_no_earlier_logit(gpt, tiny, numbers):
    parameters = gpt.arrange(tiny, numbers)
    before = gpt.logits(gpt.FLOATS, parameters, [0, 1, 2, 3, 4])
    after = gpt.logits(gpt.FLOATS, parameters, [0, 1, 2, 9, 9])
    assert before[:3] == after[:3]
    assert before[3] != after[3]


def test_an_earlier_token_changes_later_logits(gpt, tiny, numbers):
    parameters = gpt.arrange(tiny, numbers)
    before = gpt.logits(gpt.FLOATS, parameters, [0, 1, 2])
    after = gpt.logits(gpt.FLOATS, parameters, [0, 9, 2])
    assert before[0] == after[0]
    assert before[2] != after[2]


def test_a_model_of_zeros_finds_every_letter_equally_likely(gpt, tiny):
    parameters = gpt.arrange(tiny, [0.0] * tiny.n_parameters)
    assert gpt.loss(gpt.FLOATS, parameters, TOKENS) == pytest.approx(math.log(27), rel=4 * EPS)


def test_softmax_of_large_numbers_does_not_overflow(gpt):
    assert gpt.softmax(gpt.FLOATS, [1000.0, 1000.0]) == pytest.approx([0.5, 0.5], rel=1000 * EPS)  # eps of 1000


def test_of_a_name_longer_than_the_block_the_beginning_is_read(gpt, tiny, numbers):
    parameters = gpt.arrange(tiny, numbers)
    long, short = ([0, 1, 2, 3, 4, 5, *rest] for rest in ([6, 7, 0], [8]))
    assert gpt.loss(gpt.FLOATS, parameters, long) == gpt.loss(gpt.FLOATS, parameters, short)


def test_more_tokens_than_the_block_has_no_logits(gpt, tiny, numbers, refuses):
    with refuses(ValueError, "logits: expected 1 to 5 tokens, got 6"):
        gpt.logits(gpt.FLOATS, gpt.arrange(tiny, numbers), [0] * 6)


def test_heads_that_cannot_share_the_embedding_are_refused(gpt, refuses):
    with refuses(ValueError, "Shape: expected an embedding divisible by 3 heads, got 16"):
        gpt.Shape(embedding=16, heads=3)


def test_parameters_come_back_flat_in_the_order_in_which_they_were_arranged(gpt, tiny):
    numbers = list(range(tiny.n_parameters))
    assert gpt.arrange(tiny, numbers).flat() == numbers


# ------------------------------------------------------------------------------------------------ learning


def test_the_first_step_of_adam_moves_every_parameter_by_the_rate_against_its_gradient(gpt):
    parameters = [gpt.Value(1.0), gpt.Value(1.0)]
    parameters[0].grad, parameters[1].grad = 1e-3, -1e3
    gpt.Adam(2).step(parameters, 0.125)
    # m' = g and v' = g**2, so the step is rate g / (|g| + 1e-8): of the smaller g, all but 1e-8 / 1e-3.
    assert [parameter.data for parameter in parameters] == pytest.approx([0.875, 1.125], rel=1e-5)


@pytest.mark.parametrize("engine", ["SCALAR", "WIDE"])
def test_the_loss_falls_in_a_few_steps_on_one_name(gpt, tiny, engine):
    engine = getattr(gpt, engine)
    parameters = gpt.make_parameters(engine, tiny, random.Random(0))
    adam = gpt.Adam(tiny.n_parameters)
    losses = [gpt.step(engine, parameters, adam, TOKENS, rate=0.05) for _ in range(20)]
    assert losses[0] == pytest.approx(math.log(27), rel=0.1)  # it knows nothing yet
    assert losses[-1] < losses[0] / 2


def test_a_step_forgets_the_gradients_of_the_step_before(gpt, tiny):
    def parameter_after_a_step(grad_before):
        parameters = gpt.make_parameters(gpt.WIDE, tiny, random.Random(0))
        for parameter in parameters.flat():
            parameter.grad = grad_before
        gpt.step(gpt.WIDE, parameters, gpt.Adam(tiny.n_parameters), TOKENS)
        return parameters.output[0][0].data

    assert parameter_after_a_step(0.0) == parameter_after_a_step(1000.0)


def test_parameters_are_leaves_after_a_step(gpt, tiny):
    parameters = gpt.make_parameters(gpt.SCALAR, tiny, random.Random(0))
    gpt.step(gpt.SCALAR, parameters, gpt.Adam(tiny.n_parameters), TOKENS)
    assert all(topological_order(parameter) == [parameter] for parameter in parameters.flat())


def test_names_are_different_lower_case_fit_the_block_and_depend_on_the_generator_alone(gpt):
    names = gpt.make_names(gpt.N_NAMES, random.Random(1))
    assert names == gpt.make_names(gpt.N_NAMES, random.Random(1))
    assert len(set(names)) == gpt.N_NAMES
    assert set("".join(names)) <= set(string.ascii_lowercase)
    assert max(map(len, names)) < gpt.Shape().block


# ------------------------------------------------------------------------------------------------- the command


def run(gpt, monkeypatch, capsys, *arguments):
    """What the command prints."""
    monkeypatch.setattr(sys, "argv", ["char_gpt.py", *arguments])
    assert not gpt.main()
    return capsys.readouterr().out


SMALL = ["--embedding", "4", "--heads", "2", "--block", "12"]


@pytest.mark.full
def test_the_command_learns_and_writes_ten_names(gpt, monkeypatch, capsys):
    story = run(gpt, monkeypatch, capsys, "--steps", "300", "--wide", *SMALL)
    first, last = map(float, re.search(r"loss (\S+) in the first .* (\S+) in the last", story).groups())
    assert last < first - 0.5
    written = re.search(r"it writes (.*);", story)[1].split(", ")
    assert len(written) == 10
    assert set("".join(written)) <= set(string.ascii_lowercase)


def test_the_command_prints_the_same_for_the_same_seed(gpt, monkeypatch, capsys):
    arguments = ["--steps", "3", "--seed", "5", *SMALL]
    one, two = (re.sub(r"\d+ s", "", run(gpt, monkeypatch, capsys, *arguments)) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "0"], "expected at least 1, got 0"),
        (["--heads", "3"], "Shape: expected an embedding divisible by 3 heads, got 16"),
    ],
)
def test_the_command_refuses_what_will_not_do(gpt, monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(sys, "argv", ["char_gpt.py", *arguments])
    with pytest.raises(SystemExit):
        gpt.main()
    assert message in capsys.readouterr().err


def test_without_tqdm_the_command_says_what_to_install(gpt, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "argv", ["char_gpt.py", "--steps", "1", *SMALL])
    with pytest.raises(SystemExit) as exit_:
        gpt.main()
    assert (
        str(exit_.value)
        == 'examples/char_gpt.py needs the package tqdm: pip install ".[examples]" in the folder of chainrule'
    )
