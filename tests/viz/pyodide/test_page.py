"""The playground in a browser, from a server on this machine: its examples, a link, an endless program.

They need the npm packages pyodide and @viz-js/viz in node_modules at the root.
"""

import contextlib
import functools
import http.server
import json
import threading
import time
from importlib.util import find_spec

import pytest

from viz.pyodide.folder import write_playground
from viz.pyodide.run import qr_code

PATIENCE = 120  # seconds until a program must have ended, on a slow machine


@pytest.fixture(scope="module")
def address(root, npm, tmp_path_factory):
    npm("pyodide")
    npm("@viz-js/viz")
    folder = tmp_path_factory.mktemp("playground")
    with contextlib.chdir(root):
        write_playground(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def page(chromium, address):
    chromium.get("about:blank")
    chromium.get_log("browser")
    chromium.get_log("performance")
    chromium.get(address)
    yield chromium
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in urls if not url.startswith((address, "data:", "about:", "blob:"))] == []
    assert [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
    chromium.get("about:blank")


def wait(page, status="Ctrl+Enter runs the program."):
    end = time.monotonic() + PATIENCE
    while page.find_element("id", "status").text != status:
        assert time.monotonic() < end, page.find_element("id", "status").text
        time.sleep(0.05)
    return page.find_element("id", "output")


def test_the_first_example_is_drawn_and_every_example_runs(page):
    output = wait(page)
    assert output.text == "df/dx = 32.0   df/dy = 24.0"
    assert len(output.find_elements("tag name", "img")) == 1
    for option in range(1, len(page.find_elements("css selector", "#examples option"))):
        page.execute_script("document.getElementById('examples').selectedIndex = arguments[0]", option)
        page.execute_script("document.getElementById('examples').onchange()")
        wait(page)
        page.execute_script("document.getElementById('status').textContent = ''")
        page.find_element("id", "run").click()
        output = wait(page)
        assert output.find_elements("css selector", ".error") == []
        assert output.find_elements("css selector", "img, iframe")


@pytest.mark.full
def test_a_link_carries_the_program(page):
    wait(page)
    write(page, "print('élève', 6 * 7)")
    page.find_element("id", "link").click()
    wait(page, "The address carries the program now.")
    link = page.current_url
    if find_spec("segno"):
        end = time.monotonic() + PATIENCE
        while page.find_element("id", "qr").get_attribute("innerHTML") == "":
            assert time.monotonic() < end
            time.sleep(0.05)
        drawn = page.find_element("css selector", "#qr svg path").get_attribute("d")
        assert f'd="{drawn}"' in qr_code(link)
    page.get("about:blank")
    page.get(link)
    assert wait(page).text == "élève 42"


@pytest.mark.full
def test_a_program_that_does_not_end_is_stopped(page):
    wait(page)
    write(page, "while True:\n    pass")
    page.find_element("id", "run").click()
    wait(page, "Running.")
    write(page, "print('again')")
    page.find_element("id", "stop").click()
    assert wait(page).text == "again"


def write(page, code):
    page.execute_script("document.getElementById('code').value = arguments[0]", code)
