"""The article "A simple backprop explanation" by Imanol Schlag, with every derivative taken by the engine.

    python examples/article.py

It tells the article chapter by chapter, with its letters: y is the prediction and y^ the target. The graphs go into
out/ as SVG, and the article's two figures as pages with a slider.
"""

import random
import sys
from collections.abc import Iterable
from pathlib import Path

import viz
from autodiff import MissingDependencyError, Value, parse, sigmoid
from nn import MLP, SGD, losses

ARTICLE = (
    "https://github.com/ischlag/ischlag.github.io/blob/67575a4eccd8cb916857ccf7551c8d0e82c58b0e/"
    "_posts/2015-01-04-a-simple-backprop-explanation.markdown"
)
OUT = Path("out")


def chapter(title: str) -> None:
    print(f"\n{title}\n{'=' * len(title)}")


def picture(what: str, name: str, drawing: object) -> None:
    OUT.mkdir(exist_ok=True)
    print(f"    {what}: {viz.save(drawing, OUT / name)}")


# ------------------------------------------------------------------------------------ the line and its cost

POINTS = [(1.0, 2.0), (3.0, 1.0)]  # A and B


def linear_cost(m: Value, c: Value) -> Value:
    """Sum over the points of |f(x) - y|."""
    return losses.absolute_error([m * x + c for x, _ in POINTS], [y for _, y in POINTS])


def squared_cost(m: Value, c: Value) -> Value:
    """1/2 the sum over the points of (f(x) - y)^2."""
    return losses.squared_error([m * x + c for x, _ in POINTS], [y for _, y in POINTS])


def the_cost_function() -> None:
    chapter("1. The cost function")
    (ax, ay), (bx, by) = POINTS
    print(f"f(x) = m x + c, with c = 0 for now, on the points A = ({ax:g}, {ay:g}) and B = ({bx:g}, {by:g}).\n")
    print("         m   error A   error B   linear cost   squared cost")
    for m in (1.0, 0.8, 0.6, 0.5, 0.4, 1 / 3, 0.2):
        line, c = Value(m), Value(0.0)
        error_a, error_b = m * ax - ay, m * bx - by
        linear, squared = linear_cost(line, c), squared_cost(line, c)
        print(f"    {m:6.3f}   {error_a:+7.2f}   {error_b:+7.2f}   {linear:11.3f}   {squared:12.3f}")
    print("\nThe linear cost has a kink where an error changes sign, as at m = 1/3; the squared cost is smooth.")
    print("The half in front of it cancels the 2 that the derivative of a square brings.")
    picture("figure 1, with a slider for m", "figure-1.html", viz.cost_curve(POINTS, m=1.0))
    print("\nOne could try all possible values of m (the article says x), but two weights are a square of tries, and")
    print("the network of chapter 5 has 17. It is better to ask in which direction the cost falls.")


# ---------------------------------------------------------------------------------------- gradient descent


def cost_of_m(m: Value) -> Value:
    """The squared cost with c = 0."""
    return squared_cost(m, Value(0.0))


def descend(
    parameters: list[Value], eta: float, max_steps: int, smallest_gradient: float, report: bool = True
) -> tuple[int, str]:
    """Gradient descent on the squared cost of the line, with the article's two stopping rules."""
    m, c = parameters[0], parameters[1] if len(parameters) == 2 else Value(0.0)
    for step in range(max_steps):
        for parameter in parameters:
            parameter.grad = 0.0
        cost = squared_cost(m, c)
        cost.backward()
        if report and step < 4:
            weights = "   ".join(
                f"{w.label} = {w:+.5f}, dC/d{w.label} = {w.grad:+.5f}, d{w.label} = {-eta * w.grad:+.5f}"
                for w in parameters
            )
            print(f"    step {step}: C = {cost:.5f}   {weights}")
        if max(abs(parameter.grad) for parameter in parameters) < smallest_gradient:
            return step, f"the gradient is below {smallest_gradient:g}"
        SGD(eta).step(parameters)
    return max_steps, f"the maximum of {max_steps} steps is reached"


def gradient_descent() -> None:
    chapter("2. Gradient descent")
    x = Value(3.0)
    (x**2).backward()
    print(f"The slope of g(x) = x^2 at x = 3 is 2x = {x.grad:g}. A step is dm = -eta dC/dm, and then m = m + dm.")
    print("(The minus sign is in the formula, so eta is positive; the article says negative.)\n")
    m = Value(1.0, "m")
    steps, why = descend([m], eta=0.05, max_steps=1000, smallest_gradient=1e-9)
    print(f"    stopped after {steps} steps, because {why}: m = {m:.9f}")
    (ax, ay), (bx, by) = POINTS
    print(
        f"    the minimum by the normal equation: m = sum x y / sum x^2 = {(ax * ay + bx * by) / (ax**2 + bx**2):.9f}"
    )
    m = Value(1.0, "m")
    steps, why = descend([m], eta=0.05, max_steps=5, smallest_gradient=1e-9, report=False)
    print(f"    the other rule: stopped after {steps} steps, because {why}: m = {m:.5f}")
    picture("figure 2, with a slider for the steps", "figure-2.html", viz.descent(cost_of_m, 1.0, learning_rate=0.05))


def the_chain_rule() -> None:
    chapter("3. The chain rule")
    print("dC/dm link by link: the sum over the points of d(1/2 s^2)/ds * ds/df * df/dm, with s = f(x) - y^.")
    print("(s keeps its sign: written as a norm, as in the article, it would lose it.) From the recorded graph:\n")
    m, c = Value(1.0, "m"), Value(0.0, "c")
    halves = []
    for name, (x, y_hat) in zip("AB", POINTS, strict=True):
        f = m * x + c
        s = f - y_hat
        half_square = 0.5 * s**2
        f.label, s.label, half_square.label = f"f({name})", f"s({name})", f"C({name})"
        halves.append(half_square)
    cost = halves[0] + halves[1]
    cost.label = "C"
    print("\n".join(f"    {line}".rstrip() for line in str(viz.derive(cost, m)).splitlines()))
    cost.backward()
    by_hand = sum((m.data * x - y_hat) * x for x, y_hat in POINTS)
    print(f"\n    the sum of (f(x) - y^) x, by hand: {by_hand:+.2f}    by the engine: {m.grad:+.2f}")
    picture("the graph", "line.svg", viz.draw(cost, show=("data", "grad", "partials")))


def several_variables() -> None:
    chapter("4. Several variables")
    x, y = Value(2.0, "x"), Value(1.5, "y")
    f = parse("2*x**2*y**3", x=x, y=y)
    f.label = "f"
    f.backward()
    dx, dy = 0.1, -0.2
    print("f(x, y) = 2 x^2 y^3 at x = 2, y = 1.5:\n")
    print(f"    df/dx = 4 x y^3   = {4 * x.data * y.data**3:g}    by the engine: {x.grad:g}")
    print(f"    df/dy = 6 x^2 y^2 = {6 * x.data**2 * y.data**2:g}    by the engine: {y.grad:g}")
    print(f"    df for dx = {dx}, dy = {dy}: df/dx dx + df/dy dy = {x.grad * dx + y.grad * dy:g}")
    picture("the graph", "polynomial.svg", viz.draw(f, show=("data", "grad", "partials")))
    print("\nSo m and c can be changed at the same time, each along its own partial derivative:\n")
    m, c = Value(1.0, "m"), Value(0.0, "c")
    steps, why = descend([m, c], eta=0.1, max_steps=5000, smallest_gradient=1e-9)
    print(f"    stopped after {steps} steps, because {why}: m = {m:.6f}, c = {c:.6f}")
    print("    the line through both points: m = -0.5, c = 2.5")


# ------------------------------------------------------------------------------------------ the 2-3-2 network


def numbers(row: Iterable[float]) -> str:
    """Numbers side by side."""
    return "  ".join(f"{x:+.6f}" for x in row)


def the_network() -> None:
    try:
        import numpy as np
    except ImportError:
        raise MissingDependencyError("examples/article.py", "numpy", "examples") from None
    chapter("5. A neural network: 2 inputs, 3 hidden neurons, 2 outputs")
    model = MLP(
        2,
        [3, 2],
        activation="sigmoid",
        output_activation="sigmoid",
        init="standard_normal",
        rng=random.Random(1),
    )
    for neuron in [*model.layers[0].neurons, *model.layers[1].neurons]:
        neuron.bias.data = 0.1  # biases start at 0; another value makes the comparison say something about them
    sample, target = [0.5, -1.0], [1.0, 0.0]
    inputs = [Value(x, f"x{i + 1}") for i, x in enumerate(sample)]

    hidden = model.layers[0](inputs)
    output = model.layers[1](hidden)
    cost = losses.squared_error(output, target)
    cost.label = "C"
    cost.backward()

    # The same by the article's matrix formulas; rows are samples, so a is 1 x n and W is n_in x n_out.
    (W1, b1), (W2, b2) = (layer.matrix() for layer in model.layers)
    logistic = np.vectorize(sigmoid)
    a1, y_hat = np.array([sample]), np.array([target])
    z2 = a1 @ W1 + b1
    a2 = logistic(z2)
    z3 = a2 @ W2 + b2
    a3 = logistic(z3)
    delta3 = (a3 - y_hat) * a3 * (1 - a3)
    delta2 = (delta3 @ W2.T) * a2 * (1 - a2)

    for name, matrix in {"a1": a1, "z2": z2, "a2": a2, "z3": z3, "a3": a3, "s": a3 - y_hat}.items():
        print(f"    {name:2}  {matrix.shape[0]} x {matrix.shape[1]}   {numbers(matrix[0])}")
    print(f"\nC = {cost:.12f} by the engine, {0.5 * np.sum((a3 - y_hat) ** 2):.12f} by the matrix formulas.\n")
    print("The deltas are the adjoints of the weighted sums z, and stand in the graph. The article's recursion, with o")
    print("for the product of elements:\n")
    print(f"    delta3 = (a3 - y^) o sigma'(z3)          = {numbers(delta3[0])}")
    print(f"             read off the graph              = {numbers(a.operands[0].grad for a in output)}")
    print(f"    delta2 = (delta3 W2^T) o sigma'(z2)      = {numbers(delta2[0])}")
    print(f"             read off the graph              = {numbers(a.operands[0].grad for a in hidden)}\n")
    print("    dC/dW2 = a2^T delta3,  dC/db2 = delta3,  dC/dW1 = a1^T delta2,  dC/db1 = delta2\n")
    by_formula = [a1.T @ delta2, delta2[0], a2.T @ delta3, delta3[0]]
    by_engine = [
        np.array(gradient).T
        for layer in model.layers
        for gradient in (
            [[w.grad for w in neuron.weights] for neuron in layer.neurons],
            [neuron.bias.grad for neuron in layer.neurons],
        )
    ]
    print("               by backward()     by the formulas")
    for name, of_engine, of_formula in zip(
        ("dW1[0,0]", "db1[0]", "dW2[0,0]", "db2[0]"), by_engine, by_formula, strict=True
    ):
        print(f"    {name:8}   {of_engine.flat[0]:+.12f}   {of_formula.flat[0]:+.12f}")
    wrong = max(abs(a - b).max() for a, b in zip(by_engine, by_formula, strict=True))
    assert wrong < 1e-12
    print(f"    and so on: all {sum(gradient.size for gradient in by_engine)} agree to 1e-12")
    print("(Formulas as derived, not as once misprinted: b2 in the output layer, delta3 within dC/dW1, sigma'(z2)")
    print(" within delta2, and W2 of size 3 x 2.)")
    picture("the graph", "network.svg", viz.draw(cost, clusters=model))


def training() -> None:
    chapter("6. Training by mini-batches")
    rng = random.Random(3)
    points = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(200)]
    targets = [[1.0, 0.0] if x * x + y * y < 0.5 else [0.0, 1.0] for x, y in points]
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", init="standard_normal", rng=rng)
    optimizer, batch_size, epochs = SGD(learning_rate=8.0), 20, 120
    print("200 points of a square; is a point inside the disc (first output) or outside (second output)?")
    print(f"Batches of k = {batch_size}; dW = -(eta/k) times the sum of dC/dW, eta = {optimizer.learning_rate:g}.\n")
    print("    epoch   mean cost   right of 200")
    for epoch in range(epochs + 1):
        outputs = [model(point) for point in points]
        mean_cost = sum(losses.squared_error(a, y).data for a, y in zip(outputs, targets, strict=True)) / len(points)
        right = sum((a[0] > a[1]) == (y[0] > y[1]) for a, y in zip(outputs, targets, strict=True))
        if epoch % 20 == 0:
            print(f"    {epoch:5d}   {mean_cost:9.4f}   {right:12d}")
        if epoch == epochs:
            break
        order = rng.sample(range(len(points)), len(points))
        for start in range(0, len(points), batch_size):
            batch = order[start : start + batch_size]
            model.zero_grad()
            for i in batch:
                losses.squared_error(model(points[i]), targets[i]).backward(seed=1.0 / len(batch))
            optimizer.step(model.parameters())
    print("\nThree hidden neurons are three lines, which enclose the disc.")


def main() -> int:
    print(f"A simple backprop explanation, by Imanol Schlag\n{ARTICLE}")
    try:
        the_cost_function()
        gradient_descent()
        the_chain_rule()
        several_variables()
        the_network()
        training()
    except MissingDependencyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
