"""`viz.playground`: its JavaScript takes the steps of `fit`, and it shows what `viz.backprop` does at these weights."""

import json
import math
import random
import re
import shutil
import subprocess

import pytest

import viz
from nn import MLP, SGD, data, fit, losses
from viz.pages.page import asset
from viz.style.text import format_number

MOONS = data.moons(45, noise=0.1, rng=random.Random(1))
SINE = [[i / 10] for i in range(-20, 21)], [math.sin(i / 5) for i in range(-20, 21)]
ROWS = MOONS[0], [[1.0 - label, float(label)] for label in MOONS[1]]
SIGNS = MOONS[0], [2 * label - 1 for label in MOONS[1]]


def network(*sizes, activation="sigmoid", output="sigmoid"):
    n_in, *widths = sizes
    return MLP(n_in, widths, activation=activation, output_activation=output, rng=random.Random(0))


CASES = {
    "2-3-2": (lambda: network(2, 3, 2), ROWS, losses.squared_error, 2.0, 10, 3),
    "2-16-16-1": (
        lambda: network(2, 16, 16, 1, activation="relu", output="identity"), SIGNS, losses.hinge, 0.1, 20, 4
    ),
    "a curve, all samples": (lambda: network(1, 4, 1, activation="tanh"), SINE, losses.squared_error, 0.5, None, 5),
    "in their order": (lambda: network(2, 3, 1), MOONS, losses.binary_cross_entropy, 0.5, 7, None),
    "labels": (lambda: network(2, 3, 2, output="identity"), MOONS, losses.cross_entropy, 0.5, 8, 6),
}  # fmt: skip


def rng_of(seed):
    return None if seed is None else random.Random(seed)


def page_of(case, rng):
    make, samples, loss, rate, size, _ = case
    return viz.playground(make(), samples, loss=loss, learning_rate=rate, batch_size=size, rng=rng)


def trained_in_node(page, plan):
    """The parameters, the losses and the means after [epochs, rate, size] in turn, by the scripts of the page."""
    if shutil.which("node") is None:
        pytest.skip("needs node")
    text = str(page)
    content = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    programs = re.search(r'getElementById\("data"\).textContent\);\n(.*)', text, re.DOTALL)[1].split(
        asset("number.js")
    )[0]
    driver = """
        const [data, plan] = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const training = new Training(data, learn);
        for (const [epochs, rate, size] of plan)
          for (const end = training.means.length + epochs; training.means.length < end; ) training.step(rate, size);
        const { theta, losses, means } = training;
        console.log(JSON.stringify([[...theta], losses.map(([, loss]) => loss), means.map(([, mean]) => mean)]));
    """
    code = f'"use strict";\n{programs}\n{asset("train.js")}\n{driver}'
    done = subprocess.run(
        ["node", "-e", code], input=json.dumps([content, plan]), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_the_weights_after_some_epochs_are_those_of_fit(name):
    make, samples, loss, rate, size, seed = case = CASES[name]
    rng, model = rng_of(seed), make()
    theta, steps, means = trained_in_node(page_of(case, rng), [[12, rate, size or len(samples[0])]])
    # the page has left the generator as it was
    history = fit(model, loss, *samples, optimizer=SGD(rate), batch_size=size, rng=rng, epochs=12)
    assert theta == pytest.approx([x.data for x in model.parameters()], abs=1e-9)
    assert steps == pytest.approx(history.losses, abs=1e-9)
    assert means == pytest.approx(history.training["loss"], abs=1e-9)


def test_sliders_that_move_go_on_as_another_call_of_fit():
    make, samples, loss, rate, size, seed = case = CASES["2-3-2"]
    rng, model = rng_of(seed), make()
    theta, *_ = trained_in_node(page_of(case, rng), [[3, rate, size], [2, 0.5, 4]])
    fit(model, loss, *samples, optimizer=SGD(rate), batch_size=size, rng=rng, epochs=3)
    fit(model, loss, *samples, optimizer=SGD(0.5), batch_size=4, rng=rng, epochs=2)
    assert theta == pytest.approx([x.data for x in model.parameters()], abs=1e-9)


def test_the_model_stays_as_it_was_and_the_page_is_small():
    case = CASES["2-16-16-1"]
    model = case[0]()
    before = [x.data for x in model.parameters()]
    page = viz.playground(model, case[1], loss=case[2])
    assert [(x.data, x.grad) for x in model.parameters()] == [(x, 0.0) for x in before]
    assert len(str(page).encode()) < 2e6
    assert page.still().startswith("<div")


def test_labels_and_rows_with_one_1_are_the_same_targets():
    rows = MOONS[0], [[1.0 - label, 1.0 * label] for label in MOONS[1]]
    pages = [
        viz.playground(network(2, 3, 2, output="identity"), samples, loss=losses.cross_entropy)
        for samples in (MOONS, rows)
    ]
    assert str(pages[0]) == str(pages[1])


def assert_same(page, python):
    """That what both have is equal, and is most of what Python has."""
    both = page.keys() & python.keys()
    assert len(both) > 0.7 * len(python)
    assert {key: page[key] for key in both} == {key: python[key] for key in both}


CELLS = """
    const cells = [...document.querySelectorAll("[data-key]")];
    return Object.fromEntries(cells.map((cell) => [cell.dataset.key, cell.textContent]));
"""
TEXTS = """
    const numbers = [...document.querySelectorAll("#view [id$='.data'], #view [id$='.grad']")];
    return Object.fromEntries(numbers.map((part) => [part.id, part.textContent]));
"""


def test_the_page_trains_and_its_steps_are_those_of_backprop_at_these_weights(browse):
    make, samples, loss, rate, size, seed = case = CASES["2-3-2"]
    driver = browse(page_of(case, rng_of(seed)))

    def click(*ids):
        for id_ in ids:
            driver.find_element("id", id_).click()

    def text(id_):
        return driver.find_element("id", id_).get_attribute("textContent")

    click("epoch", "epoch", "step")
    model, rng = make(), rng_of(seed)
    history = fit(model, loss, *samples, optimizer=SGD(rate), batch_size=size, rng=rng, max_steps=11)
    steps = viz.backprop(model, samples[0][0], samples[1][0])
    cost = format_number(loss(model(samples[0][0]), samples[1][0]).data, 4)
    last, mean = (format_number(x, 4) for x in (history.losses[-1], history.training["loss"][1]))
    assert text("tells") == f"Step 11: loss {last}; mean of epoch 2: {mean}. Sample 1: cost {cost}."
    trained = driver.execute_script(TEXTS)
    assert_same(trained, steps[-1].state.texts)
    click("to-steps")
    for step in steps:
        assert text("says") == str(step)
        if step.number == len(steps) - 1:
            break
        click("next")
    assert driver.execute_script(TEXTS) == trained
    assert_same(driver.execute_script(CELLS), steps[-1].state.texts)
    click("to-training", "step")
    assert text("tells").startswith("Step 12: ")
    click("restart")
    assert text("tells").startswith("Sample 1: ")
    body = driver.find_element("tag name", "body")
    body.send_keys("\ue014")  # the right arrow
    assert text("tells").startswith("Step 1: ")
    body.send_keys("s")
    assert "Sample 2: " in text("tells")
    assert len(driver.find_elements("css selector", "#plane .sample")) == len(samples[0])
    driver.execute_script("document.querySelector('input[type=range]').focus()")
    driver.switch_to.active_element.send_keys("\ue014")  # moves the slider and nothing else
    assert text("tells").startswith("Step 1: ")


@pytest.mark.full
def test_a_step_of_many_nodes_takes_less_than_50_ms(browse):
    driver = browse(page_of(CASES["2-16-16-1"], random.Random(0)))
    times = driver.execute_script("""
        const times = [];
        for (let k = 0; k < 25; k++) {
          const begin = performance.now();
          document.getElementById("step").click();
          document.body.getBoundingClientRect();
          times.push(performance.now() - begin);
        }
        return times;
    """)
    assert min(times) < 50.0


def test_a_training_that_diverges_says_so(browse):
    page = viz.playground(network(1, 2, 1, output="identity"), ([[3.0], [4.0]], [1.0, 5.0]), learning_rate=1e5)
    driver = browse(page)
    driver.execute_script("for (let k = 0; k < 60; k++) document.getElementById('step').click()")
    assert driver.find_element("id", "tells").text.startswith("No number any more: ")


def refused(model=None, samples=MOONS, **options):
    return lambda: viz.playground(model or network(2, 2, 1), samples, **options)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (refused("model"), TypeError, "playground: expected a network of layers, such as nn.MLP, got str"),
        (refused(samples=[1]), TypeError, "playground: expected data to be (inputs, targets), got list"),
        (
            refused(samples=ROWS),
            ValueError,
            "playground: expected targets of 1 numbers, as the model has outputs, got 2",
        ),
        (
            refused(learning_rate=0.0),
            ValueError,
            "playground: expected a learning_rate between 0 and 1e6, got 0.0",
        ),
        (
            refused(rng=7),
            TypeError,
            "playground: expected rng to be a random.Random, got int; use random.Random(seed)",
        ),
        (
            refused(rng=random.SystemRandom()),
            TypeError,
            "playground: expected rng to have a state that the page continues, got SystemRandom",
        ),
        (
            refused(loss="mse"),
            TypeError,
            "playground: expected loss to be a function (prediction, target) -> cost, got 'mse'",
        ),
        (
            refused(loss=lambda prediction, target: 0.0),
            TypeError,
            "playground: expected loss to return a Value, got float; compute with Values",
        ),
        (
            refused(network(2, 17, 1)),
            ValueError,
            "playground: expected layers of at most 16 neurons, got 17; use a smaller model",
        ),
    ],
)
def test_arguments_that_cannot_be_are_refused(call, kind, message, refuses):
    with refuses(kind, message):
        call()
