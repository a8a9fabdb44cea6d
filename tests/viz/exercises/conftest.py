"""Random graphs, and a reader of answers: the script of the page, in a browser."""

import json
from operator import add, mul, sub

import pytest

from autodiff import Value, exp, sigmoid, sin, tanh
from viz.exercises.mistakes import ALMOST_0, TOLERANCE
from viz.graph.description import describe
from viz.pages.page import asset


@pytest.fixture(scope="session")
def random_graph():
    """A function that makes a graph of named nodes, with its output, from a random generator."""

    def random_graph(rng, n_leaves=3, n_operations=6):
        nodes = [Value(round(rng.uniform(-2.5, 2.5), 2) or 1.0, f"x{i}") for i in range(n_leaves)]
        unary = [exp, tanh, sin, sigmoid, lambda x: x**2, lambda x: x**3]
        for i in range(n_operations):
            if rng.random() < 0.65:
                new = rng.choice([add, mul, mul, sub])(rng.choice(nodes[-4:]), rng.choice(nodes))
            else:
                small = [node for node in nodes if abs(node.data) < 3]
                new = rng.choice(unary)(rng.choice(small or nodes[:1]))
            if not 1e-2 < abs(new.data) < 1e3:
                continue
            new.label = f"h{i}"
            nodes.append(new)
        output = nodes[-1] * nodes[0] + nodes[-2]
        output.label = "f"
        return describe([output]).named()

    return random_graph


@pytest.fixture
def read_answers(chromium):
    """A function that reads (text, right number, mistakes) rows as the page does.

    It returns for each row whether the answer is right, and the kinds of mistakes behind it, or the error.
    """

    def read_answers(rows):
        chromium.get("about:blank")
        script = f"""const data = {json.dumps({"tolerance": TOLERANCE, "almost0": ALMOST_0})};
            {asset("answer.js")}
            return arguments[0].map(([text, right, mistakes]) => {{
              try {{
                const x = numberOf(text);
                return [isClose(x, right), mistakesBehind(x, mistakes).map(([kind]) => kind)];
              }} catch (error) {{ return error.message; }}
            }});"""
        return chromium.execute_script(script, rows)

    return read_answers
