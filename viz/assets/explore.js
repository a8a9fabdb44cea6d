// The numbers in the graph, and the widths of its edges, as the sliders say.
const THIN = 0.8; // points: an edge that contributes nothing
const THICK = 7;
const HEAD = 6; // points, the length of an arrowhead
const byId = (id) => document.getElementById(id);
const n = data.nodes.length;
const edges = data.edges.map(([id, target]) => {
  const part = byId(id);
  const [wire, head] = [part.querySelector(".wire"), part.querySelector(".head")];
  const tip = head.getAttribute("d").slice(1).split("L")[1].split(",").map(Number);
  const text = byId(`${id}.partial`);
  return { text, part, wire, head, tip, length: wire.getTotalLength(), from: data.nodes.indexOf(target) };
});

const nodes = data.nodes.map((id) => ({ data: byId(`${id}.data`), grad: byId(`${id}.grad`) }));

// How wide a digit is, in a font of 1 point; measured once, since to measure is to lay out the page anew.
const sample = nodes[0].data;
sample.textContent = "0".repeat(10);
const digit = sample.getComputedTextLength() / 10 / sample.getAttribute("font-size");

// Writes a number where there is room for most; a longer one is set closer.
function write(element, x) {
  const text = number(x, data.digits);
  if (element.textContent === text) return;
  element.textContent = byId(`t-${element.id}`).textContent = text;
  element.removeAttribute("textLength");
  if (text.length > data.room) {
    element.setAttribute("textLength", digit * element.getAttribute("font-size") * (data.room - 1)); // a point is narrow
    element.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

function show() {
  const results = compute(controls.values);
  const adjoints = results.slice(n, 2 * n);
  nodes.forEach(({ data, grad }, i) => {
    write(data, results[i]);
    write(grad, adjoints[i]);
  });
  const sizes = edges.map(({ from }, i) => Math.abs(adjoints[from] * results[2 * n + i]));
  const largest = Math.max(0, ...sizes.filter((size) => !Number.isNaN(size)));
  edges.forEach(({ text, part, wire, head, length, tip: [x, y] }, i) => {
    write(text, results[2 * n + i]);
    const share = sizes[i] === largest && largest > 0 ? 1 : sizes[i] / largest || 0; // 0 for 0/0 and NaN
    const width = THIN + (THICK - THIN) * share;
    part.classList.toggle("sends", share > 0);
    wire.style.strokeWidth = `${width}`;
    const scale = Math.max(1, width / 2.4);
    wire.style.strokeDasharray = `${Math.max(0, length - HEAD * (scale - 1))} ${length}`; // up to the head
    head.setAttribute("transform", `translate(${x} ${y}) scale(${scale}) translate(${-x} ${-y})`);
  });
  byId(`now-${data.output}`).textContent = number(results[data.nodes.indexOf(data.output)], data.digits);
  data.nodes.forEach((id, i) => {
    const by = byId(`by-${id}`);
    if (by) by.textContent = number(adjoints[i], data.digits);
  });
}
const controls = sliders(show);
byId("whole").addEventListener("click", () => {
  byId("whole").setAttribute("aria-pressed", byId("view").classList.toggle("whole"));
});
byId("reset").addEventListener("click", controls.reset);
show();
