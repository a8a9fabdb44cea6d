// Lines of equal cost, with their numbers, and the path of gradient descent over them.
const ALIKE = 6; // ranges whose lengths differ by more have scales of their own
let drawn = "", lines = [];
function linesIn(chart) {
  const key = [chart.xs, chart.ys].join();
  if (key !== drawn) lines = isolines((x, y) => compute([x, y])[0], chart.xs, chart.ys, data.levels);
  drawn = key;
  return lines;
}
const now = () => {
  const [x, y, rate, steps] = controls.values;
  return { rate, path: walk([x, y], rate, steps) };
};

const chart = new Chart(document.getElementById("chart"), data.xs, data.ys, data.names, (chart) => {
  const { rate, path } = now();
  const { at, gradient } = path.at(-1);
  linesIn(chart).forEach((segments, i) => {
    chart.segments(segments, "level");
    if (i % 3 !== 1 || !segments.length) return;
    const highest = segments.reduce((one, other) => (other[0][1] > one[0][1] ? other : one));
    chart.text(...highest[0], 0, 0, number(data.levels[i], 3), "level");
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
  for (const [id, x] of Object.entries(texts)) document.getElementById(id).textContent = number(x);
  document.getElementById("says").textContent = verdict(path, chart.holds(...at));
  buttons();
  chart.draw();
}
show();
