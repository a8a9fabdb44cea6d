// Lines of equal cost, with their numbers and a shade between them, and the path of gradient descent over them.
const ALIKE = 6; // ranges whose lengths differ by more have scales of their own
let drawn = "", lines = [];
function linesIn(chart) {
  const key = [chart.xs, chart.ys].join();
  if (key === drawn) return lines;
  drawn = key;
  const heights = grid((x, y) => compute([x, y])[0], chart.xs, chart.ys);
  lines = data.levels.map((level) => [isoline(heights, level), above(heights, level)]);
  return lines;
}
const isApart = (chart, [a, b], [c, d]) =>
  Math.abs(chart.x(a) - chart.x(c)) > 3.5 * chart.em || Math.abs(chart.y(b) - chart.y(d)) > 1.3 * chart.em;
const now = () => {
  const [x, y, rate, steps] = controls.values;
  return { rate, path: walk([x, y], rate, steps) };
};

const chart = new Chart(document.getElementById("chart"), data.xs, data.ys, data.names, (chart) => {
  const { rate, path } = now();
  const { at, gradient } = path.at(-1);
  for (const [, polygons] of linesIn(chart)) chart.segments(polygons, "above");
  const numbers = []; // where there is a number
  linesIn(chart).forEach(([segments], i) => {
    chart.segments(segments, "level");
    if (i % 3 !== 1 || !segments.length) return;
    const ends = [[1, 1], [0, -1], [1, -1], [0, 1]].map(([axis, sign]) =>
      segments.map(([point]) => point).reduce((one, other) => (sign * (other[axis] - one[axis]) > 0 ? other : one)));
    const free = ends.find((end) => numbers.every((other) => isApart(chart, end, other)));
    if (!free) return;
    numbers.push(free);
    chart.text(...free, 0, 0, number(data.levels[i], 3), "level");
  });
  chart.line(path.map((p) => p.at), "path");
  chart.arrow(at, at.map((x, i) => x - rate * gradient[i]), "step");
  path.slice(0, -1).forEach((p) => chart.dot(...p.at, "past", 0.25));
  const step = Math.hypot(chart.x(at[0]) - chart.x(at[0] - rate * gradient[0]), chart.y(at[1]) - chart.y(at[1] - rate * gradient[1]));
  chart.dot(...at, "here", Math.min(0.45, Math.max(0.15, (0.4 * step) / chart.em))); // smaller than a short step
  chart.edge(...at);
});
const lengths = [data.xs, data.ys].map(([low, high]) => high - low);
if (Math.max(...lengths) < ALIKE * Math.min(...lengths)) chart.ranges = [data.xs, data.ys];
const controls = sliders(() => show());
const buttons = player(controls, 3);
function show() {
  const { path } = now();
  const { at, value, gradient } = path.at(-1);
  const texts = { "at-0": at[0], "at-1": at[1], value, "slope-0": gradient[0], "slope-1": gradient[1] };
  for (const [id, x] of Object.entries(texts)) put(document.getElementById(id), number(x));
  document.getElementById("says").textContent = verdict(path, chart.holds(...at));
  buttons();
  chart.draw();
}
show();
