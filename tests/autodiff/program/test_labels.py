"""No label of the user collides with a name of the printed program, in any language: a fuzz over labels."""

import json
import math
import random
import re
import subprocess

import numpy as np
import pytest

from autodiff import Program, Value, cos, exp, log, logsumexp, maximum, relu, sigmoid, softplus, sqrt, step, tanh

UNARY = [sigmoid, softplus, relu, step, tanh, cos, lambda x: exp(tanh(x)), lambda x: sqrt(x * x + 1.0)]
UNARY += [lambda x: log(x * x + 0.5)]
BINARY = [maximum, lambda x, y: x * tanh(y), lambda x, y: x / (y * y + 1.0), lambda x, y: logsumexp([x, y])]
BINARY += [lambda x, y: x + y, lambda x, y: x - y, lambda x, y: (x * x + 0.5) ** sigmoid(y)]
AWKWARD = ["", "x", "y", "z", "a", "a", "d_a", "∂a", "v1", "d_x", "W1", "b1", "z1", "a1", "delta1", "c1", "rows1"]
AWKWARD += ["self", "inputs", "parameters", "x0", "p0", "x1", "lambda", "class", "let", "const", "__builtins__", "ﬁ"]
AWKWARD += ["2nd", "#3"]


def random_program(seed, labels):
    """A program of two inputs and two parameters, every node of it with a label."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.25, 1.5)) for _ in range(4)]
    for _ in range(8):
        x, y = rng.choice(nodes), nodes[-1]
        nodes.append(rng.choice(UNARY)(y) if rng.random() < 0.5 else rng.choice(BINARY)(x, y))
    for node in nodes:
        node.label = rng.choice(labels)
    nodes[-1].backward()
    return nodes[-1], nodes[:2], nodes[2:4]


def words_of_printed_code():
    """Every name in printed programs without labels: the names that a label should not become."""
    words = set()
    for seed in range(10):
        output, inputs, parameters = random_program(seed, [""])
        program = Program(output, inputs=inputs, parameters=parameters)
        for language in ("python", "javascript", "numpy"):
            for wrt in (None, "inputs", "parameters"):
                words |= set(re.findall(r"[^\W\d]\w*", program.source(language, wrt=wrt)))
    return sorted(words)


LABELS = [*AWKWARD, *words_of_printed_code()]


def same(got, wanted):
    return len(got) == len(wanted) and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(got, wanted, strict=True)
    )


def cases(count):
    """Programs with labels, the leaves to differentiate by, and the right numbers."""
    for seed in range(count):
        output, inputs, parameters = random_program(seed, LABELS)
        program = Program(output, inputs=inputs, parameters=parameters)
        wrt = ("inputs", "parameters")[seed % 2]
        wanted = [output.data, *[leaf.grad for leaf in (inputs, parameters)[seed % 2]]]
        yield program, wrt, [[x.data for x in leaves] for leaves in (inputs, parameters)], wanted


@pytest.mark.full
def test_printed_python_and_numpy_have_the_right_numbers_under_any_labels():
    for program, wrt, (point, theta), wanted in cases(150):
        namespace = {}
        exec(program.source("python", wrt=wrt), namespace)
        value, slopes = namespace["value_and_grad"](point, theta)
        assert same([value, *slopes], wanted), program.source("python", wrt=wrt)
        namespace = {}
        exec(program.source("numpy", wrt=wrt), namespace)
        value, slopes = namespace["value_and_grad"](np.array([point]), np.array(theta))
        assert same([*np.ravel(value).tolist(), *np.ravel(slopes).tolist()], wanted), program.source("numpy", wrt=wrt)


def test_printed_javascript_has_the_right_numbers_under_any_labels():
    all_cases = list(cases(150))
    calls = [
        f"(() => {{\n{program.source('javascript', wrt=wrt)}\nreturn value_and_grad({point}, {theta});\n}})()"
        for program, wrt, (point, theta), _ in all_cases
    ]
    text = f'"use strict";\nconsole.log(JSON.stringify([{", ".join(calls)}].map(([v, d]) => [v, ...d])))'
    out = subprocess.run(["node", "-"], input=text, capture_output=True, text=True, check=True).stdout
    for got, (program, wrt, _, wanted) in zip(json.loads(out), all_cases, strict=True):
        assert same(got, wanted), program.source("javascript", wrt=wrt)


@pytest.mark.parametrize("label", ["value", "values", "gradient", "points", "theta", "n", "np"])
def test_a_leaf_may_be_called_as_the_numpy_function_calls_its_own(label):
    x = Value(1.3, label)
    twice = x * 2.0
    twice.label = label
    program = Program(twice**2 + x, inputs=[x])
    namespace = {}
    exec(program.source("numpy", wrt="inputs"), namespace)
    _, slopes = namespace["value_and_grad"](np.array([[1.3]]), np.array([]))
    np.testing.assert_allclose(slopes, [[8 * 1.3 + 1]])
