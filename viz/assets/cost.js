// The line, the points and their errors beside both costs.
const { points, letters } = data;
function at(m, c) {
  const [absolute, squared, left, right, ...rest] = compute([m, c]);
  return { absolute, squared, ends: [left, right], lines: rest.slice(0, points.length), errors: rest.slice(points.length) };
}

function paintLine(chart) {
  const now = at(...controls.values);
  chart.line(data.xs.map((x, i) => [x, now.ends[i]]), "model");
  points.forEach(([x, y], i) => {
    chart.line([[x, y], [x, now.lines[i]]], "difference");
    chart.dot(x, y, "point");
  });
  points.forEach(([x, y], i) => {
    if (!letters[i]) return;
    const side = now.errors[i] < 0 === controls.values[0] > 0 ? -0.6 : 0.6; // where the line is not
    const room = side < 0 ? chart.x(x) - chart.left : chart.right - chart.x(x);
    const height = room > 4.2 * chart.em ? (y + now.lines[i]) / 2 : y; // on the line's side, where it is furthest from it
    const shown = Math.min(Math.max(height, data.ys[0]), data.ys[1]);
    const crowded = points.some(([other]) => other !== x && Math.abs(chart.x(other) - chart.x(x)) < 4.2 * chart.em);
    if (!crowded && Math.abs(chart.y(y) - chart.y(now.lines[i])) > chart.em) chart.text(x, shown, side, 0, `error ${letters[i]}`, "difference");
    chart.text(x, y, 0, y >= now.lines[i] ? -1 : 1, letters[i], "");
  });
}

function paintCosts(chart) {
  const [m, c] = controls.values;
  const now = at(m, c);
  chart.line([[m, data.costs[0]], [m, data.costs[1]]], "present");
  for (const kind of ["absolute", "squared"]) {
    chart.curve((x) => at(x, c)[kind], kind);
    chart.dot(m, now[kind], kind);
  }
  chart.legend(["absolute", "absolute"], ["squared", "squared"]);
}

const charts = [
  new Chart(document.getElementById("line"), data.xs, data.ys, ["x", "f(x)"], paintLine),
  new Chart(document.getElementById("costs"), data.ms, data.costs, ["m", "cost"], paintCosts),
];
const controls = sliders(() => show());
function show() {
  const now = at(...controls.values);
  put(document.getElementById("absolute"), number(now.absolute));
  put(document.getElementById("squared"), number(now.squared));
  letters.forEach((letter, i) => {
    if (letter) put(document.getElementById(`error-${i}`), number(now.errors[i]));
  });
  charts.forEach((chart) => chart.draw());
}
show();
