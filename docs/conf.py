"""The site of the documentation: `python -m sphinx -W docs site` writes it, and needs no network."""

import importlib
import os
import re
import shutil
import sys
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the sources here, not an installed package
os.environ["PYTHONPATH"] = str(ROOT)  # for the kernels that execute the lectures

import autodiff  # noqa: E402
from docs.lite import write_lite  # noqa: E402
from viz.pyodide.folder import node_modules, write_playground  # noqa: E402

MODULES = [
    "autodiff", "autodiff.testing",
    "nn", "nn.activations", "nn.callbacks", "nn.data", "nn.estimators", "nn.init", "nn.losses", "nn.metrics",
    "nn.schedules",
    "viz",
]  # fmt: skip

project = "chainrule"
author = copyright = "the chainrule developers"
version = release = autodiff.__version__

extensions = [
    "myst_nb",  # Markdown, and notebooks that are executed
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
html_theme = "furo"
html_title = "chainrule"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"  # browsers set it themselves, without a script from a network

default_role = "code"  # one backtick in a docstring is code, as in Markdown
templates_path = ["_templates"]
suppress_warnings = ["misc.highlighting_failure"]  # Mermaid, which no lexer knows, is shown as text
autodoc_typehints = "none"  # the docstrings say them
autodoc_member_order = "bysource"
autodoc_default_options = {
    "exclude-members": "set_score_request, set_fit_request, set_partial_fit_request"
}  # by scikit-learn, with its own references
napoleon_use_ivar = True  # attributes are said in the docstring of their class
napoleon_use_rtype = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_output_stderr = "remove"  # warnings of system libraries


def as_mathml(display):
    """Return a visitor that writes a formula in LaTeX as MathML."""

    def visit(translator, node):
        # A derivation in columns has lines that span them, and the converter does not know how that is written.
        latex = re.sub(r"\\rlap\{\\text\{\\\(\\displaystyle (.*)\\\)\}\}", r"\1", node.astext())
        latex = re.sub(
            r"\\begin\{alignedat\}\{(\d+)\}(.*?)\\end\{alignedat\}",
            lambda block: rf"\begin{{array}}{{{'rl' * int(block[1])}}}{block[2]}\end{{array}}",
            latex,
            flags=re.S,
        )
        translator.body.append(convert(latex, display="block" if display else "inline"))
        raise nodes.SkipNode

    return visit


def as_rest(app, what, name, obj, options, lines):
    """Make reST of a docstring: its asterisks and bars are arithmetic; indented blocks stay as they stand."""
    text, code = [], False
    for line in lines:
        begins = line.lstrip().startswith(">>>") or (what == "module" and line.startswith("    "))
        if begins and not code and what == "module" and line.startswith("    "):
            text += ["::", ""]
        code = begins or (code and bool(line))
        words = line.split("`")
        words[::2] = [re.sub(r"([*|])", r"\\\1", word) for word in words[::2]]
        text.append(line if code else "`".join(words))
    lines[:] = text


def link_outside(app, name, source):
    """Let a link to a document beside `docs` give the file itself, which is no page of the site."""
    source[0] = re.sub(r"\]\((\.\./(?:benchmarks|examples)/[^)#]+\.md)", r"](path:\1", source[0])


def write_reference(app, config):
    """Write a page for each module, which lists its names; autosummary writes a page for each name."""
    pages = ROOT / "docs" / "reference" / "api"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir()
    for module in map(importlib.import_module, MODULES):
        names = [each for each in public_names(module) if callable(getattr(module, each))]
        name = module.__name__
        lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
        lines += [f".. currentmodule:: {name}", "", ".. autosummary::", "   :toctree: .", "   :nosignatures:", ""]
        lines += [f"   {each}" for each in names]
        (pages / f"{name}.rst").write_text("\n".join(lines) + "\n", encoding="utf-8")


def public_names(module):
    """The names of `__all__`, or what a module defines without an underscore."""
    own = (name for name, item in vars(module).items() if getattr(item, "__module__", None) == module.__name__)
    return getattr(module, "__all__", None) or [name for name in own if len(name) > 1 and not name.startswith("_")]


def find_python_for_browsers(app, config):
    """Find the packages of npm that the playground and the notebooks run on; without them the site has neither."""
    try:
        node_modules()
    except FileNotFoundError as error:
        logging.getLogger(__name__).info("The site is built without the playground and the notebooks. %s", error)
    else:
        app.connect("html-page-context", link_what_runs_here)
        app.connect("build-finished", write_what_runs_here)


def link_what_runs_here(app, name, template, context, tree):
    """Put a link to the playground below the heading of the first page, and to its notebook on each lecture."""
    folder, _, lecture = name.partition("/")
    links = {
        "index": ("playground/index.html", "Try it in the browser, without installing"),
        "lectures": (f"../notebooks/notebooks/index.html?path={lecture}.ipynb", "Run this lecture in the browser"),
    }
    if folder in links:
        place, text = links[folder]
        link = f'<p class="run"><a href="{place}">{text}</a></p>'
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{link}", 1)


def write_what_runs_here(app, error):
    """Write the playground, and JupyterLite with the lectures beside it."""
    if error is None:
        playground = Path(app.outdir) / "playground"
        write_playground(playground)
        write_lite(Path(app.outdir) / "notebooks", playground, ROOT / "docs" / "lectures")


def setup(app):
    app.connect("config-inited", write_reference)  # before the pages are looked for
    app.connect("config-inited", find_python_for_browsers)
    app.connect("source-read", link_outside)
    app.connect("autodoc-process-docstring", as_rest, priority=100)  # before the sections are read
    app.add_html_math_renderer("mathml", (as_mathml(False), None), (as_mathml(True), None))
