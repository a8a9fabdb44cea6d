"""Make the pictures of gallery.md from its own code: run it, and take what it saves; of a page, a screenshot.

    python docs/make_gallery.py

It needs chromium on the PATH for the screenshots.
"""

import doctest
import io
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from PIL import Image

import viz
from autodiff import Value

PAGE = Path(__file__).with_name("gallery.md")
PICTURES = PAGE.parent / "images" / "gallery"
WIDTH, HEIGHT = 1280, 720
COLORS = 64  # of a screenshot, which is a third as large then
STEPS = {
    "steps": "#7",
    "views": "#8",
    "misconception": "#6",
    "blackboard": "#10",
    "playground": "#epochs=200",
    "nudge": "#x",
    "derivation": "#2",
    "deltas": "#5",
}  # of players: one that shows something; of the graph with sliders, the node that is nudged


def screenshot(page: Path, to: Path) -> None:
    """Write a picture of a page as a browser shows it."""
    browser = shutil.which("chromium") or sys.exit("make_gallery: expected chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.png"
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}"]
        size = f"--window-size={WIDTH},{HEIGHT}"
        command = [browser, *options, size, "--virtual-time-budget=2000", f"--screenshot={full}"]
        command.append(page.as_uri() + STEPS.get(page.stem, ""))
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        Image.open(full).convert("RGB").quantize(COLORS).save(to, optimize=True)


def moving(to: Path) -> None:
    """Write the slides of the page's first graph as a moving picture, which needs the extra `slides`."""
    x, y = Value(2.0, "x"), Value(1.5, "y")
    f = 2 * x**2 * y**3
    f.label = "f"
    viz.steps(f, theme="dark").save(to)


def sheets(to: Path) -> None:
    """Write a sheet of an exam beside its solution, which needs the extra `slides`."""
    exam = viz.exam([lambda a, b, c: (a * b + c) * a], variants=200, seed=1)
    pages = [Image.open(io.BytesIO(one._repr_png_())).convert("RGB") for one in (exam, exam.solutions)]
    width, height = pages[0].size
    both = Image.new("RGB", (2 * width, 6 * height // 10), "white")
    for i, page in enumerate(pages):
        both.paste(page, (i * width, 0))
    both.quantize(COLORS).save(to, optimize=True)


def main() -> None:
    """Run the page's code in a folder of its own, and replace the pictures by what is in it."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        failed, _ = doctest.testfile(str(PAGE), module_relative=False)
        if failed:
            sys.exit(f"make_gallery: {failed} examples of {PAGE.name} do not give what they print")
        shutil.rmtree(PICTURES, ignore_errors=True)
        PICTURES.mkdir(parents=True)
        for path in sorted(Path(folder).iterdir()):
            if path.suffix == ".html":
                screenshot(path, PICTURES / f"{path.stem}.png")
            elif path.suffix in (".svg", ".png"):
                shutil.copy(path, PICTURES)
    moving(PICTURES / "slides.gif")
    sheets(PICTURES / "exam.png")
    pictures = sorted(PICTURES.iterdir())
    print(f"{len(pictures)} pictures, {sum(path.stat().st_size for path in pictures) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
