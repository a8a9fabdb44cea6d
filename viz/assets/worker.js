// Python in a thread of its own, so that the page can stop a program that does not end.
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { instance } from "./viz.js";

const ready = (async () => {
  const [python, archive, graphviz] = await Promise.all([
    loadPyodide({ indexURL: new URL("pyodide/", self.location).href }),
    fetch("chainrule.zip").then((response) => response.arrayBuffer()),
    instance(),
  ]);
  python.registerJsModule("graphviz_in_browser", { svg: (source) => graphviz.renderString(source, { format: "svg" }) });
  python.unpackArchive(archive, "zip");
  const functions = python.runPython("from viz.pyodide import run; run");
  self.postMessage({ ready: true });
  return functions;
})();
ready.catch((error) => self.postMessage({ failure: String(error) }));

self.onmessage = async ({ data }) => {
  const { run, qr_code } = await ready;
  if (data.link) return self.postMessage({ qr: qr_code(data.link) });
  const pieces = run(data.program);
  self.postMessage({ shown: pieces.toJs() });
  pieces.destroy();
};
