"""A real browser for the tests of pages, hands that move its sliders, graphs to show, and eyes for colors.

An error in a page's console, or a request that leaves it, fails the test.
"""

import json
import math
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import add, mul, sub
from pathlib import Path
from typing import Any

import pytest

from autodiff import Value, collector_paused, exp, log, maximum, relu, sin, tanh, topological_order
from nn import MLP, losses

collect_ignore = ["stepper/programs.py"]  # no tests: programs that a test shows, and imports by that name
SIZES = {"desktop": (1280, 720), "hall": (1920, 1080), "phone": (375, 667)}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium. Where there is none its tests are skipped, or fail if CHAINRULE_EXPECT_BROWSER is set."""
    try:
        from selenium import webdriver
    except ImportError:
        webdriver = None
    paths = shutil.which("chromium"), shutil.which("chromedriver")
    if webdriver is None or None in paths:
        if os.environ.get("CHAINRULE_EXPECT_BROWSER"):
            pytest.fail("expected selenium, chromium and chromedriver to be installed")
        pytest.skip("needs selenium, chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def npm(root: Path) -> Callable[[str], Path]:
    """A function that returns the folder of a package of npm, where it was installed at the root.

    Where not, the test is skipped, or fails if CHAINRULE_EXPECT_NPM is set.
    """

    def npm(package: str) -> Path:
        folder = root / "node_modules" / package
        if not folder.exists():
            expected = pytest.fail if os.environ.get("CHAINRULE_EXPECT_NPM") else pytest.skip
            expected(f"needs npm install {package}, at the root")
        return folder

    return npm


@pytest.fixture
def browse(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that opens a page and returns the driver.

    It takes anything with `save(path)`, or a path; a `fragment` such as "#12"; a `size`, "desktop" or "phone"; and
    whether the reader prefers `dark`.
    """

    def browse(page: Any, fragment: str = "", *, size: str = "desktop", dark: bool = False) -> Any:
        path = page if isinstance(page, Path) else tmp_path / "page.html"
        if path is not page:
            page.save(path)
        width, height = SIZES[size]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        chromium.get("about:blank")
        chromium.get_log("browser")
        chromium.get_log("performance")
        chromium.get(path.as_uri() + fragment)
        chromium.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")  # laid out
        return chromium

    yield browse
    errors = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert errors == []
    assert [url for url in urls if not url.startswith(("file:", "data:", "about:"))] == []


@pytest.fixture(scope="session")
def move() -> Callable[[Any, int, float], float]:
    """A function that moves a slider of a page as a hand does, and returns where it stopped."""
    script = """
        const range = document.querySelectorAll('input[type=range]')[arguments[0]];
        range.value = arguments[1];
        range.dispatchEvent(new Event('input', { bubbles: true }));
        return range.valueAsNumber;
    """
    return lambda page, index, x: page.execute_script(script, index, x)


@pytest.fixture(scope="session")
def write() -> Callable[[Any, int, str], None]:
    """A function that writes in the field beside a slider, over what is there."""

    def write(page: Any, index: int, text: str) -> None:
        field = page.find_elements("css selector", "input[type=number]")[index]
        page.execute_script("arguments[0].select()", field)
        field.send_keys(text)

    return write


@pytest.fixture(scope="session")
def count_calls() -> Callable[[Callable[[], Any]], int]:
    """A function that counts the calls inside a piece of work: a measure that a busy machine does not change."""

    def count_calls(work: Callable[[], Any]) -> int:
        events = Counter[str]()
        sys.setprofile(lambda frame, event, argument: events.update([event]))
        try:
            with collector_paused():  # whose callbacks would count
                work()
        finally:
            sys.setprofile(None)
        return events["call"] + events["c_call"]

    return count_calls


@pytest.fixture
def small() -> Value:
    """f = c + a, c = a b."""
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = a * b
    c.label = "c"
    return c + a


@pytest.fixture(scope="session")
def deep() -> Callable[[int], Value]:
    """A function that makes a graph of five nodes a level, where everything is used twice."""

    def deep(levels: int) -> Value:
        y, z = Value(0.3, "a"), Value(0.4, "b")
        for _ in range(levels):
            y, z = (y * z).tanh(), z - 0.5 * y
        return y * z

    return deep


def named(**data: float) -> list[Value]:
    return [Value(x, name) for name, x in data.items()]


def called(label: str, value: Value) -> Value:
    value.label = label
    return value


def classic() -> Value:
    a, b, c, f = named(a=2.0, b=-3.0, c=10.0, f=-2.0)
    return called("L", called("d", called("e", a * b) + c) * f)


def logistic() -> Value:
    w0, x0, w1, x1, w2 = named(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
    return called("f", 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))))


def softmax() -> Value:
    e1, e2, e3 = (called(f"e{i}", exp(z)) for i, z in enumerate(named(z1=1.0, z2=2.0, z3=0.5), 1))
    return called("L", -log(called("p2", e2 / called("S", e1 + e2 + e3))))


def rnn() -> Value:
    wx, wh, b, h = named(wx=0.5, wh=-0.3, b=0.1, h0=0.0)
    for t in (1, 2, 3):
        h = called(f"h{t}", tanh(wx * Value(0.4 * t, f"x{t}") + wh * h + b))
    return h


def diamond() -> Value:
    b = called("b", (a := Value(3.0, "a")) + a)
    c = called("c", b * b)
    return called("e", called("d", c + b) * c)


def kink() -> Value:
    a, b = named(a=0.0, b=1.0)
    return relu(a) + maximum(a, b) + abs(a)


def powers() -> Value:
    x = Value(2.0, "x")
    return x**2 + x**3 + 2**x + x**0.5 + x**-1


def numbers() -> Value:
    big, small, m, u, infinite = named(big=1e300, small=1e-300, m=-123456.789, u=1.2e-5, infinite=math.inf)
    return big * small + m * u + (infinite - infinite)


def wild() -> Value:
    x = Value(0.7, "x")
    return x * sin(x**2) / (1 + exp(-x))


def labels() -> Value:
    names = ["L" * 50, "日本語の名前", "שלום", "مرحبا", "<b>bold</b>", "\\alpha", "W_{ij}"]
    total, *others = [Value(1.0 + i, name) for i, name in enumerate(names)]
    for i, value in enumerate(others):
        total = total * value if i % 2 else total + value
    return total


OPERATIONS = [add, sub, mul, lambda a, b: a / (b * b + 1.5), lambda a, _: tanh(a), lambda _, b: sin(b)]


def mixed(size: int, seed: int) -> Value:
    """A random graph of at least `size` nodes."""
    rng = random.Random(seed)
    values = [Value(rng.uniform(-2.0, 2.0), f"p{i}") for i in range(max(3, size // 6))]
    while True:
        values.append(rng.choice(OPERATIONS)(rng.choice(values[-12:]), rng.choice(values)))
        output = values[-1] + values[-2] + values[-3] - values[-4]
        if len(topological_order(output)) >= size:
            return output


def network(sizes: Sequence[int], cost: Callable[..., Value] = losses.squared_error) -> tuple[Value, dict[str, Any]]:
    """The cost of a network for one sample, and the option that shows its boxes."""
    model = MLP(sizes[0], sizes[1:], output_activation="tanh", rng=random.Random(0))
    outputs = model([Value(0.5 - i, f"x{i + 1}") for i in range(sizes[0])])
    target = 1.0 if sizes[-1] == 1 else [1.0, *[0.0] * (sizes[-1] - 1)]
    return called("C", cost(outputs, target)), {"clusters": model}


LECTURE: dict[str, Callable[[], Any]] = {
    **{f.__name__: f for f in (classic, logistic, softmax, rnn, diamond, kink, powers, numbers, wild, labels)},
    "softmaxlib": lambda: losses.cross_entropy(named(z1=1.0, z2=2.0, z3=0.5), [0, 1, 0]),
    "tanh": lambda: tanh(named(a=2.0)[0] * 3.0 + 1.0),
    "xor": lambda: network([2, 2, 1]),
    **{f"mixed{size}": lambda size=size: mixed(size, size) for size in (*range(6, 46, 2), 200)},
    "2-3-2": lambda: network([2, 3, 2]),
    "3-4-1": lambda: network([3, 4, 1]),
    "1-1": lambda: network([1, 1]),
    "classifier": lambda: network([2, 4, 3], losses.cross_entropy),
    "plain xor": lambda: network([2, 2, 1])[0],
    "plain classifier": lambda: network([2, 2, 3], losses.cross_entropy)[0],
}


@pytest.fixture(scope="session")
def lecture() -> Callable[[str], tuple[Value, dict[str, Any]]]:
    """A function: the graph of a lecture by its name, and the options that show it."""

    def lecture(name: str) -> tuple[Value, dict[str, Any]]:
        graph = LECTURE[name]()
        return graph if isinstance(graph, tuple) else (graph, {})

    return lecture


@pytest.fixture(scope="session")
def random_graph() -> Callable[[int, int], Value]:
    """A function: a random graph of at least a number of nodes, by its seed."""
    return mixed


@pytest.fixture(scope="session")
def lecture_names() -> list[str]:
    """The names of all graphs."""
    return [*LECTURE]


@pytest.fixture(scope="session", params=LECTURE)
def lecture_name(request: Any) -> str:
    """The name of each graph in turn."""
    name: str = request.param
    return name


# Linear red, green and blue as they are seen with all cones, without those for red, and without those for green.
# Machado, Oliveira & Fernandes, A physiologically-based model for simulation of color vision deficiency (2009), table
# 1, severity 1.0.
SIGHTS = {
    "trichromat": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanope": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranope": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}

# From linear red, green and blue to the three cones, and from the cube roots of those to Oklab.
# Ottosson, A perceptual color space for image processing (2020).
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def channels(color: str) -> list[float]:
    """The linear red, green and blue of a color "#rrggbb", each from 0 to 1."""
    encoded = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """The product of a matrix and a vector."""
    return [sum(map(mul, row, vector)) for row in matrix]


@pytest.fixture(scope="session")
def contrast() -> Callable[[str, str], float]:
    """A function: the contrast of two colors "#rrggbb", from 1 to 21 (WCAG 2.2, "contrast ratio")."""

    def luminance(color: str) -> float:
        return sum(map(mul, (0.2126, 0.7152, 0.0722), channels(color)))

    def contrast(one: str, other: str) -> float:
        dark, light = sorted([luminance(one), luminance(other)])
        return (light + 0.05) / (dark + 0.05)

    return contrast


@pytest.fixture(scope="session", params=SIGHTS)
def color_distance(request: Any) -> Callable[[str, str], float]:
    """A function: how different two colors "#rrggbb" look, with all cones, or without those for red or for green.

    It is 100 times the distance in Oklab, so 100 from black to white. About 2 is the least difference that is seen side
    by side; 10 is clear without comparing.
    """

    def oklab(color: str) -> list[float]:
        cones = times(TO_CONES, times(SIGHTS[request.param], channels(color)))
        return times(TO_OKLAB, [max(x, 0.0) ** (1 / 3) for x in cones])

    return lambda one, other: 100.0 * math.dist(oklab(one), oklab(other))
