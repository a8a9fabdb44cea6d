"""The player of `viz.steps` in a browser: keys, buttons, links, and what it shows, against Python."""

import math
import random
import re

import pytest

import viz
from autodiff import Value, sigmoid
from nn import MLP
from viz.pages.notebook import FRAME_HEIGHT_PX

ALL_NUMBERS = """
    const texts = [...document.querySelectorAll(".graph text[id]")];
    return Object.fromEntries(texts.map(text => [text.id, text.textContent]));"""
ALL_MARKS = """
    const parts = [...document.querySelectorAll(".graph g[id]")];
    return Object.fromEntries(parts.map(part => [part.id, part.classList[part.classList.length - 1]]));"""
ALL_SIZES = """
    const shown = (control) => !control.hidden && !control.closest("[popover]");
    const boxes = [...document.querySelectorAll("button, select")].filter(shown);
    return boxes.map(control => control.getBoundingClientRect()).map(box => [box.width, box.height]);"""


def numbers(driver) -> dict[str, str]:
    return driver.execute_script(ALL_NUMBERS)


def position(driver) -> int:
    return int(driver.find_element("id", "position").text.split(" / ")[0])


def press(driver, *keys: str) -> None:
    from selenium.webdriver.common.keys import Keys

    body = driver.switch_to.active_element
    for key in keys:
        body.send_keys(getattr(Keys, key, key))


@pytest.mark.full
def test_every_step_in_the_browser_is_the_step_in_python_forward_and_back(browse, deep):
    steps = viz.steps(deep(3))
    driver = browse(steps)
    expected = [step.state.texts for step in steps]
    for key, order in (("ARROW_RIGHT", steps), ("ARROW_LEFT", reversed(list(steps)))):
        for step in order:
            assert position(driver) == step.number
            shown = numbers(driver)
            assert {k: shown[k] for k in expected[step.number]} == dict(expected[step.number])
            assert driver.find_element("id", "says").get_attribute("textContent") == str(step)
            marks = {part: mark for part, mark in step.state.marks.items() if mark}
            classes = driver.execute_script(ALL_MARKS)
            assert {part: classes[part] for part in marks} == marks
            press(driver, key)


def test_keys_buttons_and_slider_move(browse, small):
    steps = viz.steps(small)
    driver = browse(steps)
    moves = [
        ("END", 8), ("HOME", 0), ("PAGE_DOWN", 1), ("ARROW_RIGHT", 2), ("ARROW_DOWN", 3), ("ARROW_UP", 2),
        ("PAGE_UP", 1), ("ARROW_LEFT", 0), ("ARROW_LEFT", 0),
    ]  # fmt: skip
    for key, expected in moves:
        press(driver, key)
        assert position(driver) == expected
    for button, expected in [("next", 1), ("last", 8), ("back", 7), ("first", 0)]:
        driver.find_element("id", button).click()
        assert position(driver) == expected
    driver.execute_script("slider.value = 5; slider.dispatchEvent(new Event('input'))")
    assert position(driver) == 5
    slider = driver.find_element("id", "slider")
    slider.send_keys("\ue014")  # the arrow to the right, once for the slider and not once more for the page
    assert position(driver) == 6


def test_it_plays_and_stops_at_the_end(browse, small):
    driver = browse(viz.steps(small))
    driver.execute_script("speed.value = '8'; speed.dispatchEvent(new Event('change'))")
    button = driver.find_element("id", "play")
    button.click()
    assert button.text == "Pause"
    wait_until(driver, "return document.getElementById('position').textContent === '8 / 8'")
    wait_until(driver, "return document.getElementById('play').textContent === 'Play'")
    press(driver, "HOME", "p", "p")
    assert button.text == "Play"


def wait_until(driver, condition: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 10, poll_frequency=0.05).until(lambda d: d.execute_script(condition))


def test_a_link_leads_to_a_step_and_the_address_follows(browse, small):
    driver = browse(viz.steps(small), "#6")
    assert position(driver) == 6
    press(driver, "ARROW_RIGHT")
    wait_until(driver, "return location.hash === '#7'")
    driver.execute_script("location.hash = '#2'")
    wait_until(driver, "return document.getElementById('position').textContent.startsWith('2 ')")
    driver.execute_script("location.hash = '#<b>'")
    wait_until(driver, "return document.getElementById('position').textContent.startsWith('0 ')")


@pytest.mark.parametrize("fragment", ["#999", "#-1", "#x", "#1e3"])
def test_a_link_to_no_step_leads_to_one_all_the_same(fragment, browse, small):
    assert position(browse(viz.steps(small), fragment)) in (0, 8)


@pytest.mark.parametrize("label", ["<img src=x onerror=alert(1)>", "</script><b>", "$x_1$ & \\frac", "two\nlines"])
def test_any_label_stays_text(label, browse, tmp_path):
    out = Value(2.0, label) * 3.0
    out.label = label
    driver = browse(viz.steps(out), "#3")
    assert driver.execute_script("return document.images.length + document.querySelectorAll('b').length") == 0
    assert " ".join(label.split())[:20] in driver.find_element("id", "says").get_attribute("textContent")
    viz.steps(out).save(f"{tmp_path}/svg/")
    assert len(list((tmp_path / "svg").iterdir())) == len(viz.steps(out))


@pytest.mark.full
def test_three_hundred_nodes_are_a_small_page_whose_steps_change_little(browse, tmp_path, deep):
    steps = viz.steps(deep(60), max_nodes=310)
    path = steps.save(tmp_path / "deep.html")
    assert path.stat().st_size < 2_000_000
    driver = browse(path)
    counts = driver.execute_script("""
        const counts = [], next = document.getElementById("next");
        const seen = new MutationObserver(() => {});
        seen.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
        while (!next.disabled) {
            next.click();
            counts.push(new Set(seen.takeRecords().map((record) => record.target)).size);
        }
        return counts;
    """)
    assert len(counts) == len(steps) - 1
    assert sorted(counts)[-2] <= 20  # elements, in a graph of any size; where the sweep turns back, all are marked
    assert numbers(driver) == {**numbers(driver), **steps[-1].state.texts}


@pytest.mark.full
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_player_fits_the_screen_and_what_happens_is_in_sight(size, dark, browse, deep):
    driver = browse(viz.steps(deep(20)), "#70", size=size, dark=dark)
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert driver.execute_script("return document.documentElement.scrollHeight <= innerHeight")
    in_sight = """
        const view = document.getElementById("view").getBoundingClientRect();
        return [...document.querySelectorAll(".sender")].every(node => {
            const box = node.getBoundingClientRect();
            return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
        });"""
    assert driver.execute_script(in_sight)
    assert all(min(box) >= 43.9 for box in driver.execute_script(ALL_SIZES))  # a finger needs 44 pixels


def test_the_picture_stays_in_place_from_step_to_step(browse, small):
    driver = browse(viz.steps(small))
    where = "const b = document.querySelector('#n2 .box').getBoundingClientRect(); return [b.x, b.y, b.width]"
    first = driver.execute_script(where)
    for _ in range(8):
        press(driver, "ARROW_RIGHT")
        assert driver.execute_script(where) == first


def test_it_is_usable_by_keyboard_alone_and_shows_where_one_is(browse, small):
    driver = browse(viz.steps(small))
    seen = []
    for _ in range(12):
        press(driver, "TAB")
        seen.append(driver.execute_script("return document.activeElement.id"))
        outline = driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or not seen[-1]
    order = ["play", "next", "last", "slider", "speed"]
    assert [id_ for id_ in seen if id_ in order][:5] == order
    driver.find_element("id", "next").send_keys("\n")
    assert position(driver) == 1


def test_a_misconception_shows_both_codes(browse):
    driver = browse(viz.misconception())
    codes = [code.text.splitlines()[0] for code in driver.find_elements("css selector", ".wrong, .right")]
    assert codes == ["def backward(node):", "for node in reversed(topological_order(output)):"]


def test_numbers_that_are_none_are_shown(browse):
    x = Value(math.nan, "x")
    driver = browse(viz.steps(sigmoid(x) * 2.0), "#6")
    assert numbers(driver)["n0.grad"] == "nan"


@pytest.fixture
def inside_a_neuron():
    """The steps of a network, whose edges have their numbers in them."""
    model = MLP(2, [2, 1], rng=random.Random(0))
    return viz.steps(model([Value(0.5, "x1"), Value(-1.0, "x2")]), clusters=model)


def test_an_edge_has_no_hole_before_its_number_is_there(browse, inside_a_neuron):
    driver = browse(inside_a_neuron)
    holes = """
        const edges = [...document.querySelectorAll(".edge")].filter((edge) => edge.querySelector(".ground"));
        return edges.map((edge) => [
          edge.querySelector(".partial").textContent !== "", getComputedStyle(edge.querySelector(".ground")).display,
        ]);"""
    for key, is_written in (("HOME", False), ("END", True)):
        press(driver, key)
        shown = driver.execute_script(holes)
        assert shown
        assert all(pair == [is_written, "inline" if is_written else "none"] for pair in shown)


def test_the_narration_has_two_lines_in_a_frame_of_any_height(browse, inside_a_neuron, tmp_path):
    outer = tmp_path / "outer.html"
    frame = inside_a_neuron._repr_html_().replace(f'height="{FRAME_HEIGHT_PX}"', 'height="120"')
    outer.write_text(f"<!doctype html><meta charset=utf-8>{frame}", encoding="utf-8")
    driver = browse(outer)
    driver.switch_to.frame(0)
    room = "return [innerHeight, says.clientHeight, parseFloat(getComputedStyle(says).lineHeight)]"
    frame_height, height, line = driver.execute_script(room)
    assert frame_height == 120
    assert height >= 2 * line


@pytest.mark.full
def test_the_narration_has_its_room_in_a_frame_that_a_notebook_shows_late(browse, inside_a_neuron, tmp_path):
    outer = tmp_path / "outer.html"
    frame = inside_a_neuron._repr_html_()
    body = f'<div id="cell" style="width:560px;display:none">{frame}</div>'
    outer.write_text(f"<!doctype html><meta charset=utf-8>{body}", encoding="utf-8")
    driver = browse(outer)
    driver.execute_script("document.getElementById('cell').style.display = 'block'")
    driver.switch_to.frame(0)
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    room = (
        "const { scrollHeight, clientHeight } = says; return [scrollHeight, clientHeight, document.body.scrollHeight]"
    )
    for _ in inside_a_neuron:
        needed, there, height = driver.execute_script(room)
        assert needed <= there
        assert height <= FRAME_HEIGHT_PX
        press(driver, "ARROW_RIGHT")


def test_a_key_and_a_button_lead_to_where_the_backward_pass_begins_which_the_slider_marks(browse, small):
    driver = browse(viz.steps(small))
    press(driver, "b")
    begins = position(driver)
    assert str(viz.steps(small)[begins]).startswith("The backward pass begins at the output")
    press(driver, "HOME")
    button = driver.find_element("id", "backward")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert position(driver) == begins
    assert button.get_attribute("aria-pressed") == "true"
    assert driver.execute_script("return slider.list.options[0].value") == str(begins)


def test_with_shift_a_step_is_a_node(browse, small):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    steps = viz.steps(small)
    driver = browse(steps, "#3")
    senders = []
    while position(driver) < len(steps) - 1:
        ActionChains(driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
        senders.append([id_ for id_, mark in steps[position(driver)].state.marks.items() if mark == "sender"])
    assert senders == [["n3"], ["n2"], []]  # f sends twice and c twice


@pytest.mark.parametrize("step", [3, 4, 5, 7])
def test_one_border_at_most_is_heavy_while_a_node_gets_a_number(step, browse, small):
    driver = browse(viz.steps(small), f"#{step}")
    script = "return [...view.querySelectorAll('.box')].map((box) => parseFloat(getComputedStyle(box).strokeWidth))"
    widths = driver.execute_script(script)
    assert sorted(widths)[-2:] == [1.0, 2.5]
    in_file = re.findall(r'<path[^>]* stroke-width="2.5"', viz.steps(small)[step].svg())
    assert len(in_file) == 1


def test_what_is_not_computed_yet_is_dashed_and_as_dark_as_the_rest(browse, small):
    driver = browse(viz.steps(small), "#0")
    look = """
        const node = document.querySelector("#n2"), style = getComputedStyle(node.querySelector(".box"));
        return [style.strokeDasharray, getComputedStyle(node).opacity];"""
    assert driver.execute_script(look) == ["5px, 4px", "1"]
    press(driver, "END")
    assert driver.execute_script(look)[0] == "none"
    assert 'stroke-dasharray="5 4"' in viz.steps(small)[0].svg()
    assert "opacity" not in viz.steps(small)[0].svg()


@pytest.mark.parametrize("wish", ["no-preference", "reduce"])
def test_what_a_node_sends_travels_along_the_edge_unless_motion_is_not_wanted(wish, browse, small):
    driver = browse(viz.steps(small))
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": wish}]}
    )
    seen = driver.execute_async_script(
        """
        const [done] = arguments, seen = [];
        document.getElementById("backward").click();
        document.getElementById("next").click();
        const wire = document.querySelector("#view .active .wire");
        const dots = document.querySelector("#view svg").getElementsByClassName("message");
        const ends = [0, wire.getTotalLength()].map((length) => wire.getPointAtLength(length));
        const begin = performance.now();
        const look = () => {
          for (const dot of dots) {
            const at = { x: Number(dot.getAttribute("cx")), y: Number(dot.getAttribute("cy")) };
            seen.push(ends.map(({ x, y }) => Math.hypot(at.x - x, at.y - y)));
          }
          if (performance.now() - begin < 1500) requestAnimationFrame(look);
          else done([seen, dots.length]);
        };
        look();
        """
    )
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    (places, left) = seen
    assert left == 0
    if wish == "reduce":
        assert places == []
        return
    to_operand, to_node = (list(distances) for distances in zip(*places, strict=True))
    assert to_node[0] < 0.2 * to_operand[0]
    assert to_operand == sorted(to_operand, reverse=True)
    assert to_operand[-1] < to_node[-1]


def test_a_misconception_writes_its_example_and_lights_the_lines_that_are_executed(browse):
    driver = browse(viz.misconception(), "#0")
    assert driver.find_element("css selector", ".example").text == "b = a + a\nc = b + b"
    lines = """
        const { height } = arguments[0].getBoundingClientRect();
        return height / parseFloat(getComputedStyle(arguments[0]).lineHeight);
    """
    assert driver.execute_script(lines, driver.find_element("tag name", "h1")) < 1.1  # the title takes one line
    lit = "return [...document.querySelectorAll('.side .now')].map((line) => line.id)"
    assert driver.execute_script(lit) == []
    press(driver, "ARROW_RIGHT")
    assert driver.execute_script(lit) == ["example-0"]
    press(driver, "b")
    assert driver.execute_script(lit) == ["wrong-0", "right-0"]
    press(driver, "ARROW_RIGHT")
    assert driver.execute_script(lit) == ["example-1", "wrong-1", "wrong-2", "right-1", "right-2"]
    parts = "[document.querySelector('.wrong'), document.getElementById('view')]"
    sizes = driver.execute_script(f"return {parts}.map((e) => [e.scrollWidth, e.clientWidth])")
    assert all(needed <= room for needed, room in sizes)
    assert (
        driver.execute_script("return parseFloat(getComputedStyle(document.querySelector('pre code')).fontSize)") > 17
    )
