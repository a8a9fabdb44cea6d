// The curve, the tangent where the descent is, the step that it gives, and the path so far.
const now = () => {
  const [start, rate, steps] = controls.values;
  return { rate, path: walk([start], rate, steps) };
};

const chart = new Chart(document.getElementById("chart"), data.xs, data.ys, data.names, (chart) => {
  const { rate, path } = now();
  const { at: [x], value, gradient: [slope] } = path.at(-1);
  const next = place([x - rate * slope]);
  chart.curve((x) => compute([x])[0], "curve");
  chart.line(path.map((p) => [p.at[0], p.value]), "path");
  chart.arrow([x, value], [next.at[0], value], "step");
  chart.line([[next.at[0], value], [next.at[0], next.value]], "drop");
  // the tangent has one length on the screen, however steep it is
  const steep = (slope * (chart.y(0) - chart.y(1))) / (chart.x(1) - chart.x(0));
  const reach = (5 * chart.em) / Math.hypot(1, steep) / (chart.x(1) - chart.x(0));
  chart.line([-reach, reach].map((dx) => [x + dx, value + slope * dx]), "tangent");
  path.slice(0, -1).forEach((p) => chart.dot(p.at[0], p.value, "past", 0.25));
  chart.dot(x, value, "here", 0.45);
  chart.edge(x, value);
});
const controls = sliders(() => show());
const buttons = player(controls, 2);
function show() {
  const { rate, path } = now();
  const { at: [x], value, gradient: [slope] } = path.at(-1);
  const texts = { at: x, value, slope, step: -rate * slope };
  for (const [id, x] of Object.entries(texts)) put(document.getElementById(id), number(x));
  document.getElementById("says").textContent = verdict(path, chart.holds(x, value));
  buttons();
  chart.draw();
}
show();
