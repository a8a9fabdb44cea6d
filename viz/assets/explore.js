// The numbers in the graph, and the widths of its edges, as the sliders say.
const THIN = 0.8; // points: an edge that contributes nothing
const THICK = 4.5;
const HEAD = 6; // points, the length of an arrowhead
const byId = (id) => document.getElementById(id);
const n = data.nodes.length;
const places = new Map(data.nodes.map((id, i) => [id, i]));
const numbered = new Map(data.edges.map(([id], i) => [id, i]));
let edges, nodes, digit;

// What is in the picture: of a folded box the numbers of its results, and an edge to it stands for several.
function bind() {
  edges = [...document.querySelectorAll("#view .edge")].map((part) => {
    const [wire, head] = [part.querySelector(".wire"), part.querySelector(".head")];
    const tip = head.getAttribute("d").slice(1).split("L")[1].split(",").map(Number);
    const ways = (part.dataset.holds ?? part.id).split(" ").filter((id) => numbered.has(id)).map((id) => numbered.get(id));
    return { id: part.id, part, wire, head, tip, length: wire.getTotalLength(), ways };
  }).filter(({ ways }) => ways.length);
  const held = new Map();
  for (const box of document.querySelectorAll("#view .node[data-holds]")) {
    box.dataset.holds.split(" ").forEach((id) => held.set(id, box));
  }
  nodes = data.nodes.map((id) => byId(id) ?? held.get(id));
  // how wide a digit is, in a font of 1 point; measured once, since to measure is to lay out the page anew
  const texts = [...document.querySelectorAll("#view .graph :is(text, tspan)[id]")];
  const sample = texts.find((text) => text.classList.contains("data")), recorded = sample.textContent;
  sample.textContent = "0".repeat(10);
  digit = sample.getComputedTextLength() / 10 / sample.getAttribute("font-size");
  sample.textContent = recorded;
  texts.forEach(fit);
}

// Writes a number in the table, and in the picture where there is room for most; a longer one is set closer.
function write(key, text, shown = text) {
  const [told, element] = [byId(`t-${key}`), byId(key)];
  if (told && told.textContent !== text) put(told, text);
  if (!element || element.textContent === shown) return;
  element.textContent = shown;
  fit(element);
}
function fit(element) {
  element.removeAttribute("textLength");
  if (element.textContent.length > data.room) {
    element.setAttribute("textLength", digit * element.getAttribute("font-size") * (data.room - 1)); // a point is narrow
    element.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

// The operations whose operands are numbers and whose value is none, and why, in words.
function outside(numbers) {
  const value = (x) => (typeof x === "string" ? numbers[places.get(x)] : x);
  const ids = new Set(), said = [];
  for (const { id, name, word, operands, requires } of data.operations) {
    const at = operands.map(value);
    if (Number.isFinite(value(id)) || !at.every(Number.isFinite)) continue;
    ids.add(id);
    const why = requires ? `${word} needs ${requires}` : "the result is too large";
    said.push(`${name} is outside the domain of ${word}: ${why}, got ${at.map((x) => number(x, data.digits)).join(", ")}.`);
  }
  return [ids, said];
}

function show() {
  const point = data.inputs.map((i) => controls.values[i]); // a slider may move several leaves
  const results = compute(point);
  const adjoints = results.slice(n, 2 * n);
  const deltas = nudge?.deltas(point) ?? null; // instead of the gradients
  const [none, said] = outside(results);
  for (const { id, name, word, kink } of data.operations) {
    if (kink === null || results[data.kinks + kink] !== 0 || none.has(id)) continue;
    said.push(`${name} is at a kink of ${word}: there is no derivative, what is shown is a convention.`);
  }
  byId("warns").textContent = said.slice(0, 3).join("\n");
  nodes.forEach((part) => part?.classList.remove("outside"));
  data.nodes.forEach((id, i) => {
    write(`${id}.data`, number(results[i], data.digits));
    const delta = deltas && (deltas[i] === null ? "" : number(deltas[i], data.digits));
    write(`${id}.grad`, number(adjoints[i], data.digits), delta ?? undefined);
    if (none.has(id)) nodes[i]?.classList.add("outside");
  });
  const isOutside = (way) => none.has(data.edges[way][2]);
  data.edges.forEach(([id], i) => write(`${id}.partial`, isOutside(i) ? "" : number(results[2 * n + i], data.digits)));
  const sizes = edges.map(({ ways }) => {
    if (ways.some((way) => !Number.isFinite(results[places.get(data.edges[way][2])]))) return 0;
    const carried = (way) => (deltas ? deltas[places.get(data.edges[way][1])] : adjoints[places.get(data.edges[way][2])]);
    return Math.abs(ways.reduce((sum, way) => sum + carried(way) * results[2 * n + way], 0));
  });
  const largest = Math.max(0, ...sizes.filter((size) => !Number.isNaN(size)));
  edges.forEach(({ id, part, wire, head, length, ways, tip: [x, y] }, i) => {
    if (id in data.through) write(`${id}.partial`, ways.some(isOutside) ? "" : number(results[data.through[id]], data.digits));
    const share = sizes[i] === largest && largest > 0 ? 1 : sizes[i] / largest || 0; // 0 for 0/0 and NaN
    const width = THIN + (THICK - THIN) * share;
    part.classList.toggle("sends", share > 0);
    wire.style.strokeWidth = `${width}`;
    const scale = Math.max(1, width / 3.2);
    wire.style.strokeDasharray = `${Math.max(0, length - HEAD * (scale - 1))} ${length}`; // up to the head
    head.setAttribute("transform", `translate(${x} ${y}) scale(${scale}) translate(${-x} ${-y})`);
  });
  for (const id of data.outputs) byId(`now-${id}`).textContent = number(results[places.get(id)], data.digits);
  data.nodes.forEach((id, i) => {
    const by = byId(`by-${id}`);
    if (by) by.textContent = number(adjoints[i], data.digits);
  });
  nudge?.show(point, adjoints, deltas);
  light();
}

// Lights the numbers that differ between two graphs, as they are written.
function light() {
  const rows = [...document.querySelectorAll(".both tr")].map((row) => [...row.querySelectorAll("td[id]")]);
  const pairs = [...(data.pairs ?? []).map((keys) => keys.map(byId)), ...rows.filter((cells) => cells.length === 2)];
  for (const [one, other] of pairs.filter((pair) => pair.every(Boolean))) {
    for (const part of [one, other]) part.classList.toggle("differs", one.textContent !== other.textContent);
  }
}
const frame = new Frame(() => {
  bind();
  show();
});
bind();
const controls = sliders(show);
const nudge = byId("nudge") && new Nudge(show);
byId("reset").addEventListener("click", controls.reset);
show();
const asked = data.names.findIndex((name) => new URL(`#${name}`, location).hash === location.hash); // #q nudges q
if (asked >= 0) nudge?.choose(data.nodes[asked]);
let isSeen = false; // a part of a large graph is in sight at first, not the empty corner
new ResizeObserver(() => {
  frame.fit();
  if (isSeen || document.querySelector("#view .title")) return;
  isSeen = true;
  const input = document.querySelector(".leaf.moves") ?? document.querySelector(".moves");
  const [leaf, view] = [input, frame.view].map((part) => part.getBoundingClientRect());
  frame.view.scrollBy((leaf.left + leaf.right - view.left - view.right) / 2, leaf.top - view.top - 8);
}).observe(frame.view.parentNode);
