// pytest on CPython for WebAssembly, in node: the Python of the playground.
//
//     npm install --no-save pyodide
//     pip install --target out/wasm --only-binary=:all: --python-version 3.14 --platform pyemscripten_2026_0_wasm32 \
//         pytest hypothesis mpmath graphviz
//     node tests/pyodide.mjs out/wasm tests/autodiff/test_reverse.py ...
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const [packages, ...arguments_] = process.argv.slice(2);
const python = await loadPyodide();
for (const [folder, place] of [[root, "/chainrule"], [path.resolve(packages), "/packages"]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
}
python.globals.set("arguments", python.toPy(arguments_));
process.exitCode = python.runPython(`
import os, sys
sys.path[:0] = ["/chainrule", "/packages"]
sys.dont_write_bytecode = True
os.chdir("/chainrule")
import pytest

LACKS = "can't start new thread", "emscripten does not support processes."

class Place:
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        try:
            return (yield)
        except (RuntimeError, OSError) as error:
            if str(error).endswith(LACKS):
                pytest.skip(f"here one {error}")
            raise

int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments], [Place()]))
`);
