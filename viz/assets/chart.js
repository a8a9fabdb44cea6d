// A chart with two axes, drawn anew whenever its size or what it shows changes. One unit of the SVG is one CSS pixel,
// so that text has the size of the page's text on any screen.
const TICKS = 6;
const PAPER = { width: 680, height: 360, em: 15 }; // a chart in print, where the page scales it to its width

function svg(tag, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

// Round numbers between low and high, at most about n of them.
function ticks(low, high, n) {
  const rough = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((k) => k * power >= rough * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  const found = [];
  for (let k = first; k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

// A number up to its point, and what is after it.
const parts = (text) => text.match(/^(.*?)(\.\d+)?$/).slice(1).map((part) => part ?? "");

class Chart {
  // `paint` is called with the chart, to draw what it shows; x and y are [low, high].
  constructor(root, x, y, names, paint) {
    Object.assign(this, { root, xs: x, ys: y, names, paint });
    this.id = `${root.id}-inside`;
    new ResizeObserver(() => this.draw()).observe(root);
    addEventListener("beforeprint", () => this.draw(PAPER));
    addEventListener("afterprint", () => this.draw());
  }

  draw({ width, height, em } = this.screen()) {
    if (!width || !height) return;
    let marks;
    for (let round = 0; round < 2; round++) {
      marks = ticks(...this.ys, height / (3 * em));
      const [whole, rest] = [0, 1].map((i) => Math.max(...marks.map((y) => parts(number(y))[i].length)));
      this.fraction = Math.max(0, 0.55 * rest - 0.2);
      Object.assign(this, { em, left: em * (0.62 * whole + 0.6 * rest + 0.8), right: width - em, top: 1.7 * em, bottom: height - 2.9 * em });
      if (this.ranges) this.equalize();
    }
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const clip = svg("clipPath", { id: this.id });
    const box = { x: this.left, y: this.top, width: this.right - this.left, height: this.bottom - this.top };
    clip.append(svg("rect", box));
    this.inside = svg("g", { "clip-path": `url(#${this.id})` });
    this.above = svg("g");
    this.root.replaceChildren(clip);
    this.axes(marks, Math.min(TICKS, width / (5 * em)));
    this.root.append(this.inside, this.above);
    this.paint(this);
  }

  screen() {
    const { width, height } = this.root.getBoundingClientRect();
    return { width, height, em: parseFloat(getComputedStyle(this.root).fontSize) };
  }

  // Extends one of the ranges so that both axes have one scale: then a step is perpendicular to the line of its cost.
  equalize() {
    const sizes = [this.right - this.left, this.bottom - this.top];
    const unit = Math.max(...this.ranges.map(([low, high], i) => (high - low) / sizes[i]));
    [this.xs, this.ys] = this.ranges.map(([low, high], i) => {
      const half = (unit * sizes[i]) / 2;
      return [(low + high) / 2 - half, (low + high) / 2 + half];
    });
  }

  axes(marks, n) {
    const { left, right, top, bottom, em, root } = this;
    for (const y of marks) {
      const line = svg("line", { x1: left, x2: right, y1: this.y(y), y2: this.y(y), class: y === 0 ? "zero" : "grid" });
      const tick = svg("text", { y: this.y(y) + 0.33 * em, class: "tick end" });
      parts(number(y)).forEach((part, i) => { // all points are below each other
        tick.append(svg("tspan", { x: left - (0.4 + this.fraction) * em, "text-anchor": i ? "start" : "end" }, part));
      });
      root.append(line, tick);
    }
    for (const x of ticks(...this.xs, n)) {
      if (x === 0) root.append(svg("line", { x1: this.x(0), x2: this.x(0), y1: top, y2: bottom, class: "zero" }));
      root.append(svg("line", { x1: this.x(x), x2: this.x(x), y1: bottom, y2: bottom + 0.3 * em, class: "frame" }));
      root.append(svg("text", { x: this.x(x), y: bottom + 1.2 * em, class: "tick middle" }, number(x)));
    }
    root.append(svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "frame" }));
    root.append(svg("text", { x: right, y: bottom + 2.5 * em, class: "name end" }, this.names[0]));
    root.append(svg("text", { x: Math.max(0, left - 2 * em), y: 1.0 * em, class: "name" }, this.names[1]));
  }

  x(x) {
    return this.left + ((x - this.xs[0]) / (this.xs[1] - this.xs[0])) * (this.right - this.left);
  }

  y(y) {
    return this.bottom - ((y - this.ys[0]) / (this.ys[1] - this.ys[0])) * (this.bottom - this.top);
  }

  // Points in the chart's own numbers as the data of a path; one that is not finite leaves a gap, and what is far
  // outside is drawn just outside, since a browser rounds large coordinates.
  path(points) {
    let data = "";
    let pen = "M";
    for (const [x, y] of points) {
      const [px, py] = [this.x(x), this.y(y)].map((p) => Math.min(Math.max(p, -1e5), 1e5));
      if (Number.isNaN(px) || Number.isNaN(py)) {
        pen = "M";
      } else {
        data += `${pen}${px.toFixed(2)},${py.toFixed(2)}`;
        pen = "L";
      }
    }
    return data;
  }

  line(points, kind, attributes = {}) {
    this.inside.append(svg("path", { d: this.path(points), class: kind, ...attributes }));
  }

  // Many lines, or polygons, each as its points.
  segments(pairs, kind) {
    this.inside.append(svg("path", { d: pairs.map((pair) => this.path(pair)).join(""), class: kind }));
  }

  arrow(from, to, kind) {
    const [[x0, y0], [x1, y1]] = [from, to].map(([x, y]) => [this.x(x), this.y(y)]);
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (!(length > 0 && length < 1e5)) return;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    const head = Math.min(0.7 * this.em, length);
    const [bx, by] = [x1 - head * ux, y1 - head * uy];
    const sides = [1, -1].map((side) => `${bx - 0.5 * head * uy * side},${by + 0.5 * head * ux * side}`);
    this.inside.append(svg("path", { d: `M${x0},${y0}L${bx},${by}`, class: kind }));
    this.inside.append(svg("polygon", { points: `${x1},${y1} ${sides.join(" ")}`, class: kind }));
  }

  curve(f, kind) {
    const n = Math.ceil(this.right - this.left);
    const points = [];
    for (let i = 0; i <= n; i++) {
      const x = this.xs[0] + ((this.xs[1] - this.xs[0]) * i) / n;
      points.push([x, f(x)]);
    }
    this.line(points, kind);
  }

  // What the lines are, above the chart at its right end: [kind, text] pairs.
  legend(...entries) {
    const { em, root } = this;
    let right = this.right;
    for (const [kind, text] of entries.reverse()) {
      const made = svg("text", { x: right, y: 1.0 * em, class: `end ${kind}` }, text);
      root.append(made);
      right -= made.getComputedTextLength() + 0.4 * em;
      root.append(svg("path", { d: `M${right - 2 * em},${0.65 * em}h${2 * em}`, class: kind }));
      right -= 3 * em;
    }
  }

  holds(x, y) {
    return x >= this.xs[0] && x <= this.xs[1] && y >= this.ys[0] && y <= this.ys[1];
  }

  dot(x, y, kind, radius = 0.35) {
    if (this.holds(x, y)) {
      this.above.append(svg("circle", { cx: this.x(x), cy: this.y(y), r: radius * this.em, class: kind }));
    }
  }

  // An arrowhead at the edge of the chart, if a point lies outside.
  edge(x, y) {
    if (this.holds(x, y) || Number.isNaN(x) || Number.isNaN(y)) return;
    const [px, py] = [this.x(x), this.y(y)];
    const [ex, ey] = [Math.min(Math.max(px, this.left), this.right), Math.min(Math.max(py, this.top), this.bottom)];
    const turn = (Math.atan2(Math.sign(py - ey), Math.sign(px - ex)) * 180) / Math.PI;
    const r = 0.6 * this.em;
    const transform = `translate(${ex} ${ey}) rotate(${turn})`;
    this.above.append(svg("polygon", { points: `0,0 ${-1.5 * r},${-r} ${-1.5 * r},${r}`, transform, class: "here" }));
  }

  // A text near a point, kept inside the chart, on the other side if there is no room; dx and dy in units of its size.
  text(x, y, dx, dy, text, kind) {
    if (!this.holds(x, y)) return;
    const made = svg("text", { class: `note ${kind}` }, text);
    this.above.append(made);
    const half = made.getComputedTextLength() / 2;
    const shift = dx * this.em + Math.sign(dx) * half;
    const fits = (px) => px >= this.left + half && px <= this.right - half;
    let px = this.x(x) + (fits(this.x(x) + shift) || !fits(this.x(x) - shift) ? shift : -shift);
    px = Math.min(Math.max(px, this.left + half), this.right - half);
    const py = Math.min(Math.max(this.y(y) + (dy + 0.35) * this.em, this.top + this.em), this.bottom - 0.3 * this.em);
    made.setAttribute("x", px - half);
    made.setAttribute("y", py);
  }
}
