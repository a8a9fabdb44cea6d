// The tests that need no other machine than CPython for WebAssembly, in node: the Python of the playground.
//
//     npm install --no-save pyodide @viz-js/viz
//     pip install --target out/wasm --only-binary=:all: --implementation cp --python-version 3.14 --abi cp314 \
//         --platform pyemscripten_2026_0_wasm32 pytest hypothesis mpmath graphviz tqdm
//     node tests/pyodide.mjs out/wasm [what pytest takes, instead of the list below]
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { instance } from "@viz-js/viz";

const files = (folder, names) => names.split(" ").map((name) => `tests/${folder}/test_${name}.py`);
const all = [
  ...files("autodiff", "collector conventions distinct errors freeing graph nonfinite parsing primitives"),
  ...files("autodiff", "random_expressions reverse"),
  ...files("autodiff/testing", "expression oracles strategies"),
  ...files("nn", "activations init schedules"),
  ...files("nn/modules", "perceptron state"),
  ...files("nn/checkpoint", "checkpoint"),
  ...files("nn/training", "cache callbacks errors nonfinite ready_callbacks"),
  ...files("viz/derivation", "blackboard labels"),
  ...files("viz/pyodide", "run"),
  ...files("viz/stepper", "stepper"),
  ...files("viz/graph", "names symbols"),
  ...files("viz/drawing", "graph_diagram legend network_diagram text_forms words"),
];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const [packages, ...chosen] = process.argv.slice(2);
const [python, graphviz] = await Promise.all([loadPyodide(), instance()]);
python.registerJsModule("graphviz_in_browser", { svg: (source) => graphviz.renderString(source, { format: "svg" }) });
for (const [folder, place] of [[root, "/chainrule"], [path.resolve(packages), "/packages"]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
}
python.globals.set("arguments", python.toPy(chosen.length ? chosen : all));
process.exitCode = python.runPython(`
import os, sys
sys.path[:0] = ["/chainrule", "/packages"]
sys.dont_write_bytecode = True
os.chdir("/chainrule")
import pytest
from autodiff import MissingDependencyError

LACKS = ("can't start new thread", "emscripten does not support processes.", "in a browser, got 'png'", "got 'pdf'")

class Place:
    """Skips a test that needs what this place has not: threads, processes, other libraries, pixels."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        try:
            return (yield)
        except MissingDependencyError as error:
            pytest.skip(str(error))
        except (RuntimeError, OSError, ValueError) as error:
            if str(error).endswith(LACKS):
                pytest.skip(str(error))
            raise

int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments], [Place()]))
`);
