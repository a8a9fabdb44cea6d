"""A lecture of 45 minutes on a function of one's own: a graph, slides, pages, a quiz and an exam, in out/lecture.

    python examples/lecture.py

Put your own function in place of `f`, and numbers for it in place of 2 and -0.5.
"""

from pathlib import Path

import viz
from autodiff import Value, relu


def f(x: Value, y: Value) -> Value:
    s = x * y
    return s * x + relu(s + 3)


x, y = Value(2.0, "x"), Value(-0.5, "y")
output = f(x, y)
output.label = "f"
steps = viz.steps(f, x=2.0, y=-0.5)
exam = viz.exam(f, variants=30, seed=1)
parts = {
    "1-graph.svg": viz.draw(output, show=("data", "partials")),
    "2-steps.html": steps,
    "2-slides.pdf": steps,
    "3-derivation.html": viz.derive(output, x),
    "4-misconception.html": viz.steps(output, mistake="overwrite"),
    "5-explore.html": viz.explore(output),
    "6-descent.html": viz.descent(lambda x: f(x, y), 2.0),
    "7-quiz.html": viz.quiz(output),
    "8-exam.pdf": exam,
    "8-solutions.pdf": exam.solutions,
}
Path("out/lecture").mkdir(parents=True, exist_ok=True)
for name, part in parts.items():
    print(viz.save(part, Path("out/lecture", name)))
