// The page of a training: the network with the numbers of a sample, the regions or the curve, and the loss; and the
// steps of backpropagation for that sample, by steps.js, whose numbers are filled in here.
const BUDGET = 10; // milliseconds of a frame for steps of the training
const COARSE = 30, FINE = 75; // cells of the regions along an axis: while it trains, and at rest
const POINTS = 500; // of the line of the loss
const WIDTHS = data.flat ? [0.2, 2.2] : [0.5, 5]; // of a line for weight 0 and for the largest weight
const SIDES = [0, 4, 3, 5, 6, 7, 8, 9]; // of the mark of each class; 0 for a circle
const COLORS = ["negative", "positive", "#009e73", "#cc79a7", "#f0e442", "#56b4e9", "ink", "#e69f00"];
const main = document.querySelector("main"), tells = $("tells");
const training = new Training(data, learn);
const raw = data.steps, numbers = new Map();
const shown = data.keys.map((key) => [key, $(key)]).filter(([, text]) => text);
const wires = [...view.querySelectorAll(".edge[id^='w-']")].map((line) => [`${line.id.slice(2)}.data`, line, line.querySelector(".wire")]);
const classOf = (row) => (row.length === 1 ? Number(row[0] > data.threshold) : row.indexOf(Math.max(...row)));
const outputs = (row) => [predict(row, training.theta)].flat(); // a single one is no array
const isTraining = () => main.classList.contains("training");
const chosen = () => controls.values[2] - 1;
let running = 0, next = 0;

// ---- what is seen

const theme = (name) => getComputedStyle(main).getPropertyValue(`--${name}`) || name;
function channels(color) { // red, green and blue
  const [, digits] = color.match(/#(\w{6})/);
  return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16));
}

function mark(chart, i) {
  const [x, y] = data.inputs[i].concat(data.targets[i]), label = data.inputs[i].length === 2 ? classOf(data.targets[i]) : 0;
  const [px, py, r] = [chart.x(x), chart.y(y), (i === chosen() ? 0.6 : 0.32) * chart.em], sides = SIDES[label];
  const corners = Array.from({ length: sides }, (_, k) => (2 * Math.PI * (k + (sides === 4 ? 0.5 : 0))) / sides - Math.PI / 2);
  const shape = sides
    ? svg("polygon", { points: corners.map((turn) => `${px + 1.15 * r * Math.cos(turn)},${py + 1.15 * r * Math.sin(turn)}`).join(" ") })
    : svg("circle", { cx: px, cy: py, r });
  shape.setAttribute("class", `sample${i === chosen() ? " chosen" : ""}`);
  const color = data.inputs[i].length === 2 ? COLORS[label] : "ink";
  shape.style.fill = color.startsWith("#") ? color : `var(--${color})`;
  chart.above.append(shape);
}

const canvas = document.createElement("canvas");
function regions(chart) {
  const rows = [], cells = running ? COARSE : FINE;
  const map = grid((x, y) => rows[rows.push(outputs([x, y])) - 1][0] - data.threshold, chart.xs, chart.ys, cells);
  const isScore = rows[0].length === 1;
  const scale = map.z.flat().reduce((sum, z) => sum + Math.abs(z), 0) / rows.length || 1;
  const colors = COLORS.map((name) => channels(theme(name)));
  canvas.width = canvas.height = cells + 1;
  const pixels = new ImageData(cells + 1, cells + 1);
  rows.forEach((row, k) => {
    const [i, j] = [Math.floor(k / (cells + 1)), k % (cells + 1)];
    const strength = isScore ? 0.55 * Math.tanh(Math.abs(row[0] - data.threshold) / scale) : 0.35;
    pixels.data.set([...colors[classOf(row)], 255 * strength], 4 * ((cells - j) * (cells + 1) + i));
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  const [left, right] = chart.xs.map((x) => chart.x(x)), [bottom, top] = chart.ys.map((y) => chart.y(y));
  const [dx, dy] = [(right - left) / cells, (bottom - top) / cells];
  const place = { x: left - dx / 2, y: top - dy / 2, width: right - left + dx, height: bottom - top + dy };
  chart.inside.append(svg("image", { ...place, preserveAspectRatio: "none", href: canvas.toDataURL() }));
  for (let k = rows[0].length <= 2 ? 1 : 0; k < Math.max(2, rows[0].length); k++) {
    const lead = (row) => row[k] - Math.max(...row.filter((_, other) => other !== k));
    const z = isScore ? map.z : map.z.map((column, i) => column.map((_, j) => lead(rows[i * (cells + 1) + j])));
    chart.segments(isoline({ ...map, z }, 0), "border");
  }
  data.inputs.forEach((_, i) => mark(chart, i));
}

function curves(chart) {
  data.targets[0].forEach((_, k) => chart.curve((x) => outputs([x])[k], "model"));
  data.inputs.forEach((_, i) => mark(chart, i));
}

const plane = data.ranges.length
  ? new Chart($("plane"), ...data.ranges, data.inputs[0].length === 2 ? ["x₁", "x₂"] : ["x", "y"], data.inputs[0].length === 2 ? regions : curves)
  : null;
if (plane && data.inputs[0].length === 2) plane.ranges = data.ranges;
const losses = new Chart($("losses"), [0, 1], [0, 1], ["epochs", "loss"], (chart) => {
  const thin = (points) => points.filter((_, k) => k % Math.ceil(points.length / POINTS) === 0 || k === points.length - 1);
  chart.line(thin(training.losses), training.means.length ? "batch" : "model");
  chart.line(thin(training.means), "model");
});

function inspected() {
  const results = inspect(training.samples[chosen()], training.theta);
  data.keys.forEach((key, i) => numbers.set(key, results[i]));
}

function paint() {
  if (!isTraining()) return;
  inspected();
  for (const [key, text] of shown) {
    const written = number(numbers.get(key), data.digits);
    if (text.textContent !== written) text.textContent = written;
  }
  draw();
  if (training.losses.length) {
    const heights = training.losses.map(([, loss]) => loss);
    losses.xs = [0, Math.max(1, training.time)];
    losses.ys = [Math.min(0, ...heights.slice(-POINTS)), 1.05 * heights.reduce((a, b) => Math.max(a, b), 0) || 1];
  } else [losses.xs, losses.ys] = [[0, 1], [0, 1]];
  plane?.draw();
  losses.draw();
  tell();
}

function draw() { // the lines of the network
  const largest = wires.reduce((most, [key]) => Math.max(most, Math.abs(numbers.get(key))), 0) || 1;
  for (const [key, line, wire] of wires) {
    const weight = numbers.get(key);
    line.classList.toggle("positive", weight > 0);
    line.classList.toggle("negative", weight < 0);
    wire.setAttribute("stroke-width", (WIDTHS[0] + ((WIDTHS[1] - WIDTHS[0]) * Math.abs(weight)) / largest).toFixed(2));
  }
}

function tell() {
  const steps = training.losses.length, epochs = training.means.length;
  const mean = epochs ? `; mean of epoch ${epochs}: ${number(training.means.at(-1)[1], data.digits)}` : "";
  const cost = [...numbers].find(([key]) => key === data.cost)[1];
  tells.setAttribute("aria-live", running ? "off" : "polite");
  tells.textContent = training.isLost
    ? "No number any more: the loss or a weight has grown without bound. Start over with a smaller η."
    : `${steps ? `Step ${steps}: loss ${number(training.losses.at(-1)[1], data.digits)}${mean}. ` : ""}Sample ${chosen() + 1}: cost ${number(cost, data.digits)}.`;
}

// ---- training

function advance(by) { // 1 step, or those to the end of an epoch, as far as a frame has time
  const begin = performance.now();
  do training.step(controls.values[0], controls.values[1]);
  while (by === "epoch" && training.batches.length && !training.isLost && performance.now() - begin < BUDGET);
  if (training.isLost) train(false);
}

function train(on) {
  cancelAnimationFrame(running);
  running = 0;
  $("train").textContent = on ? "Pause" : "Train";
  if (on) running = requestAnimationFrame(turn);
}

function turn(now) {
  const pace = $("pace").value;
  running = requestAnimationFrame(turn);
  if (pace === "2" && now < next) return;
  next = now + 500;
  advance(pace);
  paint();
}

function only(by) { // one step, or one epoch
  train(false);
  do advance("step");
  while (by === "epoch" && training.batches.length && !training.isLost);
  paint();
}

function restart() {
  train(false);
  training.reset();
  paint();
}

// ---- backpropagation of the sample, at the weights of this moment

const filled = (text) => text.replace(/\ue000(\(?)([^\ue001]*)\ue001/g, (_, bracket, key) => {
  const written = number(numbers.get(key), data.digits);
  return bracket && written.startsWith("−") ? `(${written})` : written;
});

function toSteps() {
  train(false);
  inspected();
  main.classList.remove("training");
  const written = new Map([...numbers].map(([key, x]) => [key, number(x, data.digits)]));
  for (const [key, text] of written) for (const place of shownBy(key)) put(place, text);
  for (const key of data.empty) for (const place of shownBy(key)) put(place, "");
  data.waiting.forEach((id) => $(id).classList.add("waiting"));
  steps.forEach((step, i) => {
    step.said = raw[i][0].map((text, k) => (k % 2 ? filled(text) : text));
    step.texts = raw[i][1].map(([key]) => [key, written.get(key)]);
  });
  prepare();
  show(0);
  fit();
  $("next").focus(); // the button that led here is not there any more
}

function toTraining() {
  play(false);
  rewind();
  clearTimeout(waiting); // no step is shown that the address could say
  waiting = 0;
  data.waiting.forEach((id) => $(id).classList.remove("waiting"));
  main.classList.add("training");
  paint();
}
function back() {
  toTraining();
  $("train").focus();
}

const controls = sliders(() => {
  if (data.inputs.length === 1) controls.values[1] = controls.values[2] = 1;
  paint();
});
$("train").onclick = () => train(!running);
$("step").onclick = () => only("step");
$("epoch").onclick = () => only("epoch");
$("restart").onclick = restart;
$("to-steps").onclick = toSteps;
$("to-training").onclick = back;
plane?.root.addEventListener("click", (event) => { // the nearest sample
  const corner = plane.root.getBoundingClientRect(), at = [event.clientX - corner.left, event.clientY - corner.top];
  const far = data.inputs.map((row, i) => Math.hypot(...[row.concat(data.targets[i])].map(([x, y]) => [plane.x(x) - at[0], plane.y(y) - at[1]])[0]));
  controls.set(2, 1 + far.indexOf(Math.min(...far)));
});

const tasks = {
  " ": () => train(!running), p: () => train(!running), ArrowRight: () => only("step"), ArrowDown: () => only("step"),
  PageDown: () => only("step"), Home: restart, Enter: toSteps,
  s: () => controls.set(2, (controls.values[2] % data.inputs.length) + 1),
};
addEventListener("keydown", (event) => { // before steps.js, which has the keys only while its steps are shown
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").matches(":popover-open")) return;
  const isButton = target.matches("button, summary");
  if (!isTraining()) {
    if (key === "Enter" && !isButton) back();
    return;
  }
  if (!"+-0".includes(key)) event.stopImmediatePropagation();
  if (target.matches("input, select") || (isButton && (key === " " || key === "Enter"))) return;
  if (key.length === 1 && key !== " " && !$("letters").checked) return;
  if (!tasks[key]) return;
  event.preventDefault();
  if (event.shiftKey && key === "ArrowRight") only("epoch");
  else tasks[key]();
}, true);

if (data.flat) frame.isWhole = true;
const trained = location.hash.match(/^#epochs=(\d+)$/); // an address may say how far it is trained at first
while (trained && training.means.length < Number(trained[1]) && !training.isLost) training.step(controls.values[0], controls.values[1]);
toTraining();
frame.fit();
