// Lines of equal cost, and the path of gradient descent over them.
const lines = isolines((x, y) => compute([x, y])[0], data.xs, data.ys, data.levels);
const now = () => {
  const [x, y, rate, steps] = controls.values;
  return { rate, path: walk([x, y], rate, steps) };
};

const chart = new Chart(document.getElementById("chart"), data.xs, data.ys, data.names, (chart) => {
  const { rate, path } = now();
  const { at, gradient } = path.at(-1);
  for (const segments of lines) chart.segments(segments, "level");
  chart.line(path.map((p) => p.at), "path");
  chart.arrow(at, at.map((x, i) => x - rate * gradient[i]), "step");
  path.slice(0, -1).forEach((p) => chart.dot(...p.at, "past", 0.25));
  chart.dot(...at, "here", 0.45);
  chart.edge(...at);
});
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
