"""A real browser for the tests of pages, hands that move its sliders, and graphs to show.

An error in a page's console, or a request that leaves it, fails the test.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autodiff import Value

SIZES = {"desktop": (1280, 720), "phone": (375, 667)}


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
