"""Two moons, told apart: the demo of Karpathy's micrograd, its model, loss and steps, through `nn.fit`.

    python examples/moons.py

The model is `MLP(2, [16, 16, 1])`, the loss the hinge of a support vector machine with a penalty on large weights, and
the learning rate falls from 1 to 0.1 in 100 steps. It prints

    MLP(2, [16, 16, 1], activation='relu', output_activation='identity'): 337 parameters, 100 points
    loss 1.6121 -> 0.0123, accuracy 100.0%, in 0.4 s on llvm
    wrote out/moons.svg

and draws the plane as the model sees it: the stronger the colour, the surer it is. It needs nothing installed; with
`pip install ".[fast]"` it is compiled.
"""

import math
import random
import time
from pathlib import Path

from autodiff import Value, dot
from nn import MLP, SGD, data, fit, losses, metrics, predict

STEPS = 100
CELLS, SIZE, MARGIN = 60, 8, 0.3  # cells along x, their size in pixels, and the space around the points
COLOURS = ("#d1495b", "#00798c")  # of the classes -1 and 1


def penalty(model: MLP) -> Value:
    """Return alpha times the sum of the squared parameters."""
    parameters = model.parameters()
    squares: Value = 1e-4 * dot(parameters, parameters)
    return squares


def rate(step: int) -> float:
    """Return the learning rate of a step."""
    return 1.0 - 0.9 * step / STEPS


def picture(model: MLP, points: list[list[float]], targets: list[float]) -> str:
    """Return an SVG of the plane, coloured by the model's score, with the points on it."""
    xs, ys = zip(*points, strict=True)
    left, right, bottom, top = min(xs) - MARGIN, max(xs) + MARGIN, min(ys) - MARGIN, max(ys) + MARGIN
    step = (right - left) / CELLS
    rows = round((top - bottom) / step)
    cells = [(i, j) for j in range(rows) for i in range(CELLS)]
    scores = predict(model, [[left + (i + 0.5) * step, top - (j + 0.5) * step] for i, j in cells])
    shapes = ['<g shape-rendering="crispEdges">']
    for (i, j), score in zip(cells, scores, strict=True):
        sure = 0.6 * math.tanh(abs(score))
        place = f'x="{i * SIZE}" y="{j * SIZE}" width="{SIZE}" height="{SIZE}"'
        shapes.append(f'<rect {place} fill="{COLOURS[score > 0.0]}" fill-opacity="{sure:.2f}"/>')
    shapes.append("</g>")
    for (x, y), target in zip(points, targets, strict=True):
        place = f'cx="{(x - left) / step * SIZE:.1f}" cy="{(top - y) / step * SIZE:.1f}" r="4"'
        shapes.append(f'<circle {place} fill="{COLOURS[target > 0.0]}" stroke="white"/>')
    size = f'width="{CELLS * SIZE}" height="{rows * SIZE}"'
    title = "<title>Two moons, and where the network draws the line</title>"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="background:white">'
    return "\n".join([svg, title, *shapes, "</svg>\n"])


def main() -> None:
    """Train, judge, draw."""
    rng = random.Random(0)
    points, labels = data.moons(100, noise=0.1, rng=rng)
    targets = [2.0 * label - 1.0 for label in labels]  # the hinge loss wants -1 and 1
    model = MLP(2, [16, 16, 1], init="uniform", rng=rng)  # micrograd draws its weights so
    print(f"{model}: {len(model.parameters())} parameters, {len(points)} points")

    start = time.perf_counter()
    history = fit(model, losses.hinge, points, targets, optimizer=SGD(rate), max_steps=STEPS, penalty=penalty)
    seconds = time.perf_counter() - start
    share = metrics.accuracy(predict(model, points), targets)
    first, last = history.losses[0], history.losses[-1]
    print(f"loss {first:.4f} -> {last:.4f}, accuracy {share:.1%}, in {seconds:.1f} s on {history.backend}")

    path = Path("out") / "moons.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(picture(model, points, targets), encoding="utf-8")
    print(f"wrote {path.as_posix()}")


if __name__ == "__main__":
    main()
