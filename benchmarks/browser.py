"""Seconds in a fresh headless Chromium: `python -m sphinx docs site`, then `python -m benchmarks.browser site`.

The playground's first drawing, and the first exercise of lecture 1, answered and checked in its notebook. Each
runs once, from a server on this machine, with nothing in the browser's cache. No request may leave that machine.
"""

import argparse
import functools
import http.server
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 180  # seconds, for a machine that has other work


def main() -> None:
    """Print the seconds of each, and fail if a request left this machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path, help="the folder of the site, built where the npm packages are")
    site = parser.parse_args().site
    for what, work in {"the first drawing of the playground": draw, "the first exercise of lecture 1": solve}.items():
        print(f"{what}: {seconds(site, work):.1f} s")


def seconds(site: Path, work: Callable[[Any, str], None]) -> float:
    """The seconds that a piece of work takes a fresh browser, from the opening of its page."""
    with serve(site) as address, tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "requests.json")
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.add_argument(f"--log-net-log={log}")
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            begin = time.perf_counter()
            work(driver, address)
            end = time.perf_counter()
        finally:
            driver.quit()
        check_requests(log, address)
    return end - begin


def draw(page: Any, address: str) -> None:
    """Wait for the picture of the example that the playground opens with."""
    page.get(f"{address}/playground/index.html")
    WebDriverWait(page, PATIENCE, 0.05).until(lambda page: page.find_elements(By.CSS_SELECTOR, "#output img"))


def solve(page: Any, address: str) -> None:
    """Run the cells of lecture 1, answer its first exercise as the lecture does, and run the check."""
    with urlopen(f"{address}/notebooks/files/1-line-and-cost.ipynb") as file:
        cells = json.load(file)["cells"]
    place = [cell["metadata"].get("tags") for cell in cells].index(["exercise"])
    answer = "".join(cells[place + 2]["source"]).partition("```python\n")[2].partition("\n```")[0]
    page.get(f"{address}/notebooks/notebooks/index.html?path=1-line-and-cost.ipynb")
    wait = WebDriverWait(page, PATIENCE, 0.05)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, ".jp-Notebook-ExecutionIndicator[data-status=idle]"))
    page.find_element(By.CSS_SELECTOR, ".jp-Cell .jp-InputPrompt").click()
    press(page, Keys.SHIFT, *[Keys.ENTER] * place)
    ActionChains(page).send_keys(Keys.ENTER).perform()
    press(page, Keys.CONTROL, "a")
    page.execute_cdp_cmd("Input.insertText", {"text": answer})
    press(page, Keys.SHIFT, Keys.ENTER, Keys.ENTER)
    outputs = (By.CSS_SELECTOR, ".jp-OutputArea-output")
    wait.until(lambda page: any("✓ right" in output.text for output in page.find_elements(*outputs)))


def press(page: Any, held: str, *keys: str) -> None:
    """Press keys while another is held."""
    ActionChains(page).key_down(held).send_keys(*keys).key_up(held).perform()


def check_requests(log: Path, address: str) -> None:
    """Fail if a page of an address, or what runs in it, asked for more than is there: by the browser's own log."""
    asked = [event.get("params") or {} for event in json.loads(log.read_text())["events"]]
    urls = {each["url"] for each in asked if each.get("initiator") == address}
    if not urls:
        raise RuntimeError(f"expected requests of {address} in the log of the browser, got none")
    if outside := sorted(url for url in urls if not url.startswith((f"{address}/", "data:", "blob:"))):
        raise RuntimeError(f"expected no request to another machine, got {outside}")


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine, and give the address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """A handler that prints no line for each request."""

    def log_message(self, *args: Any) -> None:
        """Print nothing."""


if __name__ == "__main__":
    main()
