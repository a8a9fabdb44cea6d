// Gradient descent, by `compute`, which gives the value and then the gradient.
function place(at) {
  const [value, ...gradient] = compute(at);
  return { at, value, gradient };
}

function walk(start, rate, steps) {
  const path = [place(start)];
  for (let k = 0; k < steps; k++) {
    const { at, gradient } = path[k];
    path.push(place(at.map((x, i) => x - rate * gradient[i])));
  }
  return path;
}

// What is to be said of a path, if anything: it has arrived, or it will not.
const LEVEL = 1e-6;
function verdict(path, inside) {
  const { at, value, gradient } = path.at(-1);
  const k = path.length - 1;
  if (![...at, value, ...gradient].every(Number.isFinite)) {
    return "No number any more: the steps have grown without bound, or left the domain. A smaller η helps.";
  }
  if (Math.hypot(...gradient) < LEVEL) return "The slope is 0, or nearly: the descent stops here.";
  if (k > 0 && value > path[k - 1].value) {
    return `The last step led up${inside ? "" : ", and out of the picture"}: η is too large here.`;
  }
  return inside ? "" : "Outside the picture.";
}

// The buttons and the arrow keys move the slider number `index`, which holds the number of the step.
const PACE = 300; // milliseconds from step to step
function player(controls, index) {
  const button = (id) => document.getElementById(id);
  const last = Number(document.querySelectorAll(".slider input[type=range]")[index].max);
  let timer = null;
  const move = (by) => controls.set(index, controls.values[index] + by);
  function pause() {
    clearInterval(timer);
    timer = null;
    button("run").textContent = "Run";
  }
  function run() {
    if (timer !== null) return pause();
    if (controls.values[index] === last) controls.set(index, 0);
    button("run").textContent = "Pause";
    timer = setInterval(() => {
      move(1);
      if (controls.values[index] === last) pause();
    }, PACE);
  }
  button("back").addEventListener("click", () => move(-1));
  button("forward").addEventListener("click", () => move(1));
  button("run").addEventListener("click", run);
  button("reset").addEventListener("click", () => {
    pause();
    controls.reset();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 }[event.key];
    if (!by || (controls.values[index] === (by > 0 ? last : 0) && handOn(event, by))) return;
    event.preventDefault();
    move(by);
  });
  return () => {
    button("back").disabled = controls.values[index] === 0;
    button("forward").disabled = controls.values[index] === last;
  };
}
