// A small h is added to a node. Δ runs to all that is computed from it, and Δ of the output stands beside gradient · h.
const EPSILON = 2 ** -52;

// How far behind a node lies each that is computed from it. Edges are in the order of their targets.
function reach(id) {
  const depths = new Map([[id, 0]]);
  for (const [, source, target] of data.edges) {
    if (depths.has(source)) depths.set(target, Math.max(depths.get(target) ?? 0, depths.get(source) + 1));
  }
  return depths;
}

// The numbers of the graph without h and with it, by the same program.
function around(values, i, h) {
  const nudges = Array(n).fill(0), before = nudged([...values, ...nudges]);
  nudges[i] = h;
  return [before, nudged([...values, ...nudges])];
}

// What to think of Δf beside gradient · h, in words.
function verdict(values, i, h, adjoints, depths) {
  const [before, after] = around(values, i, h);
  const f = places.get(data.outputs[0]), [name, output] = [data.names[i], data.names[f]];
  if (!Number.isFinite(before[f])) return `${output} is no number here: h has nothing to change.`;
  if (!Number.isFinite(after[f])) return `With ${name} + h: ${outside(after)[1][0] ?? `${output} is no number.`}`;
  if (before[i] === after[i]) return `h is lost: ${name} + h is ${name}, because a number has 16 digits.`;
  const passed = data.operations.find(({ id, kink }) => kink !== null && depths.has(id)
    && Math.sign(before[n + kink]) !== Math.sign(after[n + kink]));
  if (passed) {
    return before[n + passed.kink] === 0
      ? `${passed.name} is at a kink of ${passed.word}: h and −h change it by two slopes, and there is no derivative.`
      : `On the way ${passed.name} passes a kink of ${passed.word}, and beyond it the slope is another.`;
  }
  const error = after[f] - before[f] - adjoints[i] * h;
  const rounding = EPSILON * [...depths.keys()].reduce((sum, id) => {
    const k = places.get(id);
    return sum + Math.abs(adjoints[k] * before[k]);
  }, 0);
  if (Math.abs(error) <= rounding) {
    return rounding > 1e-6 * Math.abs(adjoints[i] * h)
      ? "The error is rounding: Δ is the small difference of two numbers of 16 digits."
      : `No error but rounding: as far as h goes, ${output} is a straight line in ${name}.`;
  }
  const [, finer] = around(values, i, h / 10), rest = finer[f] - before[f] - adjoints[i] * h / 10;
  if (Math.abs(rest) <= rounding) return "With a tenth of h nothing is left of the error but rounding.";
  const times = Number(Math.abs(error / rest).toPrecision(2));
  return `With a tenth of h the error is ${number(rest, 2)}${times > 1 ? `: ${times} times smaller` : ""}.`;
}

class Nudge {
  // `changed` is called when another node is nudged, or by another h.
  constructor(changed) {
    [this.select, this.range, this.sign, this.panel] = ["nudged", "h", "sign", "nudge"].map(byId);
    this.choose = (id) => {
      this.select.value = id;
      this.depths = reach(id);
      document.body.classList.remove("nudging");
      if (id) void document.body.offsetWidth; // so that Δ runs from the start
      document.body.classList.toggle("nudging", Boolean(id));
      this.panel.querySelector("dl").hidden = this.panel.querySelector(".h").hidden = !id;
      changed();
    };
    this.select.onchange = () => this.choose(this.select.value);
    this.range.oninput = changed;
    this.sign.onclick = () => {
      this.sign.setAttribute("aria-pressed", this.sign.getAttribute("aria-pressed") !== "true");
      changed();
    };
    byId("view").addEventListener("click", (event) => {
      const id = event.target.closest(".node:not([data-box])")?.id;
      if (places.has(id)) this.choose(id === this.select.value ? "" : id);
    });
  }

  get h() {
    return (this.sign.getAttribute("aria-pressed") === "true" ? -1 : 1) * data.sizes[this.range.value];
  }

  // Δ of each node, or null where h does not come, or none is nudged.
  deltas(values) {
    const i = places.get(this.select.value);
    if (i === undefined) return null;
    const [before, after] = around(values, i, this.h);
    return data.nodes.map((id, k) => (this.depths.has(id) ? after[k] - before[k] : null));
  }

  // Writes what is beside the graph, and marks what h reaches.
  show(values, adjoints, deltas) {
    nodes.forEach((part) => part?.classList.remove("reached", "nudged"));
    for (const [id, depth] of deltas ? this.depths : []) {
      const part = nodes[places.get(id)]; // a folded box is one part of several nodes
      part?.classList.add("reached", ...(depth ? [] : ["nudged"]));
      part?.style.setProperty("--at", depth);
    }
    for (const caption of document.querySelectorAll("#view .caption")) {
      caption.dataset.is ??= caption.textContent;
      if (!/^(grad|←)/.test(caption.dataset.is)) continue;
      const delta = caption.closest(".reached") ? caption.dataset.is.replace(/grad|←/, "Δ") : "";
      caption.textContent = deltas ? delta : caption.dataset.is;
    }
    byId("tells").textContent = deltas ? verdict(values, places.get(this.select.value), this.h, adjoints, this.depths) : "";
    if (!deltas) return;
    const i = places.get(this.select.value), f = places.get(data.outputs[0]), text = (x) => number(x, data.digits);
    this.range.setAttribute("aria-valuetext", text(this.h));
    const [name, output] = [data.names[i], data.names[f]];
    const rows = [
      ["h", text(this.h)],
      [`Δ${output}`, text(deltas[f])],
      [`d${output}/d${name} · h`, text(adjoints[i] * this.h)],
      ["error", text(deltas[f] - adjoints[i] * this.h)],
    ];
    [...this.panel.querySelectorAll("dl > div")].forEach((row, k) => {
      [row.children[0].textContent, row.children[1].textContent] = [`${rows[k][0]} =`, rows[k][1]];
    });
  }
}
