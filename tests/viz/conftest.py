"""A real browser for the tests of pages. An error in a page's console, or a request that leaves it, fails the test."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
