"""The lectures as notebooks that run in the browser, by JupyterLite: files beside the playground, on its Python.

What the kernel of a notebook imports is packed from the packages that are installed here, so no network is needed.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

KERNEL = "@jupyterlite/pyodide-kernel-extension"
BROWSER = {"sys_platform": "emscripten", "platform_system": "Emscripten", "python_version": "3.14", "extra": ""}
# Types of other libraries, by which completion knows them, are two thirds of its bytes.
LEFT_OUT = ("jedi/third_party/django-stubs/", "jedi/third_party/typeshed/stubs/")
# What the kernel loads to install more: no registry is asked.
REFUSAL = """async def get_transformed_code(arguments):
    return "print('Nothing can be installed here: all packages come with the page.')"
"""
INSTALLER = {"piplite/__init__.py": b"", "piplite/piplite.py": b"", "piplite/cli.py": REFUSAL.encode()}
# What `viz` draws networks with, from the folder of the playground.
GRAPHVIZ = """from js import Object
from pyodide.code import run_js
from pyodide.ffi import run_sync, to_js
from pyodide_js import _api

_graphviz = run_sync(run_js(f"import('{_api.config.indexURL}../viz.js').then((module) => module.instance())"))


def svg(source):
    return _graphviz.renderString(source, to_js({"format": "svg"}, dict_converter=Object.fromEntries))
"""


def write_lite(folder, playground, lectures):
    """Write JupyterLite with the lectures into a folder beside that of the playground, which its packages go to."""
    names = pack(playground / "pyodide")
    settings = {
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": names},
        "pyodideUrl": f"./../{playground.name}/pyodide/pyodide.mjs",
    }
    config = {"litePluginSettings": {f"{KERNEL}:kernel": settings}}
    with tempfile.TemporaryDirectory() as place:
        text = json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": config})
        Path(place, "jupyter-lite.json").write_text(text)
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--apps", "notebooks", "--log-level", "ERROR"]
        options = ["--no-sourcemaps", "--no-libarchive", "--contents", str(lectures), "--output-dir", str(folder)]
        subprocess.run([*command, *options], cwd=place, check=True, stdout=subprocess.DEVNULL)


def pack(folder):
    """Pack what a notebook needs, a file for each name that its kernel asks for; return the names."""
    wheels = Path(sys.prefix, "share", "jupyter", "labextensions", KERNEL, "static", "pypi")
    packages = {
        "micropip": {},
        "piplite": INSTALLER,
        "ipykernel": wheel(wheels, "ipykernel"),
        "pyodide-kernel": wheel(wheels, "pyodide_kernel"),
        "comm": installed("comm"),
        "graphviz-in-browser": {"graphviz_in_browser.py": GRAPHVIZ},
        "jedi": installed("jedi") | installed("parso"),
        "ipython": {place: data for name in needs("ipython") - {"jedi"} for place, data in installed(name).items()},
    }
    for name, content in packages.items():
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for place, data in content.items():
                archive.writestr(place, data)
    files = {name: f"{name}.zip" for name in packages} | {"chainrule": "../chainrule.zip"}
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    lock["packages"] = {name: entry(folder, name, file) for name, file in files.items()}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    return [*files]


def entry(folder, name, file):
    """A package in Pyodide's lock."""
    digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    kind = {"version": "0", "package_type": "package", "install_dir": "site", "depends": [], "imports": []}
    return {"name": name, "file_name": file, "sha256": digest, **kind}


def wheel(folder, name):
    """The files of the wheel of that name in a folder."""
    (path,) = folder.glob(f"{name}-*.whl")
    with zipfile.ZipFile(path) as source:
        return {place: source.read(place) for place in source.namelist()}


def installed(name):
    """The files of an installed distribution, without its scripts, tests and machine code."""
    files = (file for file in distribution(name).files if not {"..", "tests"} & {*file.parts})
    places = {file.as_posix(): file for file in files if file.suffix not in (".pyc", ".so", ".pyd")}
    return {place: file.read_binary() for place, file in places.items() if not place.startswith(LEFT_OUT)}


def needs(name):
    """A distribution, and all that it requires in the browser."""
    requirements = map(Requirement, distribution(name).requires or ())
    required = (each.name for each in requirements if each.marker is None or each.marker.evaluate(BROWSER))
    return {name}.union(*map(needs, required)) - {"parso"}
