"""All of chainrule under one name: `import chainrule as cr`, then `cr.Value`, `cr.grad`, `cr.nn.MLP`, `cr.viz.draw`.

The packages are `autodiff`, `nn` and `viz`; this module hands on the public names of `autodiff`, and the two others. As
a command, `chainrule "x**2" x=3` or `python -m chainrule "x**2" x=3` draws the graph of a formula, as `python -m viz`
does, and `chainrule --version` says what is installed.

>>> import chainrule as cr
>>> x = cr.Value(2.0)
>>> (x * x).backward()
>>> x.grad
4.0
"""

import importlib.util
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import autodiff
from autodiff import *  # noqa: F403
from autodiff import __all__ as _names
from autodiff import __version__ as __version__
from autodiff import sum as sum

HOME = Path(autodiff.__file__).parents[1]


def _check_package(name: str) -> None:
    """Refuse a file or package of the user that has the name of one of ours and comes first on the path.

    Raises:
        ImportError: if the package does not lie beside `autodiff`.
    """
    spec = importlib.util.find_spec(name)
    place = Path(spec.origin) if spec and spec.origin else None
    if place is None or place.parent.parent != HOME:
        raise ImportError(
            f"chainrule: expected the package {name} of chainrule, in {HOME}, got {place}, "
            f"which comes first on Python's path; rename it"
        )


_check_package("nn")
_check_package("viz")

import nn  # noqa: E402
import viz  # noqa: E402

PACKAGES_OF_EXTRAS = {
    "viz": ("graphviz", "pygraphviz"),
    "figures": ("matplotlib",),
    "train": ("tqdm",),
    "fast": ("numpy", "llvmlite"),
    "sklearn": ("numpy", "sklearn"),
    "testing": ("hypothesis",),
    "jax": ("jax", "numpy"),
}

__all__ = [*_names, "nn", "sum", "viz"]


def __dir__() -> list[str]:
    return sorted(__all__)


def versions() -> str:
    """Return what is installed: the version, the build, Python, the place, and for each extra what is missing.

    >>> versions().splitlines()[0].startswith("chainrule ")
    True
    """
    lines = [
        f"chainrule {__version__}, {autodiff.build()} build",
        f"Python {platform.python_version()}, {platform.python_implementation()}, {sys.platform}",
        f"in {HOME}",
    ]
    for extra, packages in PACKAGES_OF_EXTRAS.items():
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        lines.append(f"extra {extra}: {'missing ' + ', '.join(missing) if missing else 'installed'}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: `--version`, or a formula to draw."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words == ["--version"]:
        print(versions())
        return 0
    from viz.__main__ import main as draw

    return draw(words)


if __name__ == "__main__":
    sys.exit(main())
