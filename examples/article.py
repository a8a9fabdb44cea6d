"""The article "A simple backprop explanation", chapter by chapter, with every derivative taken by the engine.

    python examples/article.py

It prints the story and writes the graphs it talks about into out/, as SVG.
"""

import random
import sys
from pathlib import Path

import viz
from autodiff import MissingDependencyError, Value, parse, sigmoid
from nn import MLP, SGD, losses

OUT = Path("out")


def chapter(title: str) -> None:
    print(f"\n{title}\n{'=' * len(title)}")


def picture(name: str, drawing: object) -> None:
    OUT.mkdir(exist_ok=True)
    print(f"    the graph: {viz.save(drawing, OUT / name)}")


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
    print("        m   error A   error B   linear cost   squared cost")
    for m in (1.0, 0.8, 0.6, 0.5, 0.4, 0.2):
        line, c = Value(m), Value(0.0)
        error_a, error_b = m * ax - ay, m * bx - by
        linear, squared = linear_cost(line, c), squared_cost(line, c)
        print(f"    {m:5.2f}   {error_a:+7.2f}   {error_b:+7.2f}   {linear:11.3f}   {squared:12.3f}")
    print("\nThe linear cost has a kink where an error changes sign; the squared cost is smooth.")
    print("(The search is over the weight m; the text says x.)")


# ---------------------------------------------------------------------------------------- gradient descent


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
            print(f"    step {step}: m = {m:.5f}   C = {cost:.5f}   dC/dm = {m.grad:+.5f}   dm = {-eta * m.grad:+.5f}")
        if max(abs(parameter.grad) for parameter in parameters) < smallest_gradient:
            return step, f"the gradient is below {smallest_gradient:g}"
        SGD(eta).step(parameters)
    return max_steps, f"the maximum of {max_steps} steps is reached"


def gradient_descent() -> None:
    chapter("2. Gradient descent")
    x = Value(3.0)
    (x**2).backward()
    print(f"The slope of g(x) = x^2 at x = 3 is 2x = {x.grad:g}. A step is dm = -eta dC/dm, and then m = m + dm.")
    print("(The minus sign is in the formula, so eta is positive; the text says negative.)\n")
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


def the_chain_rule() -> None:
    chapter("3. The chain rule")
    print("dC/dm = sum over the points of  d(1/2 s^2)/ds  *  ds/df  *  df/dm  =  sum of  s * 1 * x,  s = f(x) - y.")
    print("(s keeps its sign: written as a norm, as in the text, it would lose it.)\n")
    m, c = Value(1.0, "m"), Value(0.0, "c")
    halves, by_hand = [], 0.0
    for name, (x, y) in zip("AB", POINTS, strict=True):
        f = m * x + c
        s = f - y
        half_square = 0.5 * s**2
        f.label, s.label = f"f({name})", f"s({name})"
        halves.append(half_square)
        half_square.backward()
        links = s.grad, s.partials[0], x
        by_hand += s.data * x
        print(
            f"    {name}: {links[0]:+.2f} * {links[1]:+.2f} * {links[2]:+.2f} = {links[0] * links[1] * links[2]:+.2f}"
        )
    m.grad = c.grad = 0.0
    cost = halves[0] + halves[1]
    cost.label = "C"
    cost.backward()
    print(f"    the sum, by hand: {by_hand:+.2f}    by the engine: {m.grad:+.2f}")
    picture("line.svg", viz.draw(cost, show=("data", "grad", "partials")))


def several_variables() -> None:
    chapter("4. Several variables")
    x, y = Value(2.0, "x"), Value(1.5, "y")
    f = parse("2*x**2*y**3", x=x, y=y)
    f.label = "f"
    f.backward()
    dx, dy = 0.1, -0.2
    print("f(x, y) = 2 x^2 y^3 at x = 2, y = 1.5:\n")
    print(f"    df/dx = 4 x y^3   = {4 * x.data * y.data**3:g}    by the engine: {x.grad:g}")
    print(f"    df/dy = 6 x^2 y^2 = {6 * x.data**2 * y.data**2:g}      by the engine: {y.grad:g}")
    print(f"    df for dx = {dx}, dy = {dy}: df/dx dx + df/dy dy = {x.grad * dx + y.grad * dy:g}")
    picture("polynomial.svg", viz.draw(f, show=("data", "grad", "partials")))
    print("\nSo m and c can be changed at the same time, each along its own partial derivative:\n")
    m, c = Value(1.0, "m"), Value(0.0, "c")
    steps, why = descend([m, c], eta=0.1, max_steps=5000, smallest_gradient=1e-9)
    print(f"    stopped after {steps} steps, because {why}: m = {m:.6f}, c = {c:.6f}")
    print("    the line through both points: m = -0.5, c = 2.5")


# ------------------------------------------------------------------------------------------ the 2-3-2 network


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
    W1, W2 = (np.array([[w.data for w in n.weights] for n in layer.neurons]).T for layer in model.layers)
    b1, b2 = (np.array([[n.bias.data for n in layer.neurons]]) for layer in model.layers)
    logistic = np.vectorize(sigmoid)
    a1, y = np.array([sample]), np.array([target])
    z2 = a1 @ W1 + b1
    a2 = logistic(z2)
    z3 = a2 @ W2 + b2
    a3 = logistic(z3)
    delta3 = (a3 - y) * a3 * (1 - a3)
    delta2 = (delta3 @ W2.T) * a2 * (1 - a2)
    dW1, dW2 = a1.T @ delta2, a2.T @ delta3

    print(f"C = {cost:.12f} by the engine, {0.5 * np.sum((a3 - y) ** 2):.12f} by the matrix formulas.\n")
    print("The deltas are the adjoints of the weighted sums z, read off the graph:\n")
    print("                    by the engine     by the recursion")
    differences = []
    for name, activations, delta in (("delta3", output, delta3), ("delta2", hidden, delta2)):
        for i, activation in enumerate(activations):
            z = activation.operands[0]
            differences.append(abs(z.grad - delta[0, i]))
            print(f"    {name}[{i}]   {z.grad:+.12f}    {delta[0, i]:+.12f}")
    print("\nAnd the gradients of all weights and biases:\n")
    print("                    by backward()     by the formulas")
    for name, layer, dW, delta in (("W1", model.layers[0], dW1, delta2), ("W2", model.layers[1], dW2, delta3)):
        for j, neuron in enumerate(layer.neurons):
            for i, weight in enumerate(neuron.weights):
                differences.append(abs(weight.grad - dW[i, j]))
                print(f"    d{name}[{i},{j}]   {weight.grad:+.12f}    {dW[i, j]:+.12f}")
        for j, neuron in enumerate(layer.neurons):
            differences.append(abs(neuron.bias.grad - delta[0, j]))
            print(f"    db{name[1]}[{j}]     {neuron.bias.grad:+.12f}    {delta[0, j]:+.12f}")
    print(f"\n    the largest difference: {max(differences):.1e}")
    print("(Formulas as derived, not as once misprinted: b(2) in the output layer, delta3 within dC/dW1, sigma'(z2)")
    print(" within delta2, and W2 of size 3 x 2.)")
    picture("network.svg", viz.draw(cost, clusters=model))


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
