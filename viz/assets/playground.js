const examples = {
  "A formula": `from autodiff import Value
import viz

x, y = Value(1.0, "x"), Value(2.0, "y")
f = 2 * x**2 * y**3
f.label = "f"
f.backward()
print("df/dx =", x.grad, "  df/dy =", y.grad)

viz.draw(f, show=("data", "grad", "partials"))
`,
  "Step by step": `from autodiff import Value, exp
import viz

x, w, b = Value(2.0, "x"), Value(-1.0, "w"), Value(3.0, "b")
f = 1 / (1 + exp(-(w * x + b)))
f.label = "f"

viz.steps(f)
viz.derive(f, w)
`,
  "Sliders": `from autodiff import Value, sin
import viz

x, a = Value(1.0, "x"), Value(0.5, "a")
f = sin(x) * a + x**2
f.label = "f"

viz.explore(f)
`,
  "A neuron": `from autodiff import Value, tanh
import viz

x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
w1, w2, b = Value(-3.0, "w1"), Value(1.0, "w2"), Value(6.88, "b")
o = tanh(x1 * w1 + x2 * w2 + b)
o.label = "o"
o.backward()

viz.draw(o)
`,
  "A network learns": `import random
from nn import MLP, SGD, fit, losses
import viz

data = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
model = MLP(2, [3, 1], activation="tanh", rng=random.Random(1))
history = fit(model, losses.squared_error, *data, optimizer=SGD(0.2), epochs=500)
print(history)
for x, t in zip(*data):
    print(x, "->", round(model(x).data, 3), " wanted", t)

viz.network(model, data[0][1])
`,
  "A function, line by line": `import viz
from autodiff import sigmoid

def neuron(w, x, b, t):
    z = w * x + b
    a = sigmoid(z)
    e = a - t
    return e**2

# The line that is lit made the node that is lit.
viz.steps(neuron, w=0.5, x=2.0, b=1.0, t=1.0)
`,
  "A misconception": `import viz

# A wrong backward pass, beside the right one.
viz.misconception("overwrite")
`,
};

const code = document.getElementById("code");
const [choice, runs, stops, link] = ["examples", "run", "stop", "link"].map((id) => document.getElementById(id));
const [output, status] = ["output", "status"].map((id) => document.getElementById(id));
for (const name of Object.keys(examples)) choice.append(new Option(name));

let worker;
function start() {
  worker = new Worker("worker.js", { type: "module" });
  runs.disabled = true;
  status.textContent = "Python is loading.";
  worker.onmessage = ({ data }) => {
    if (data.failure) status.textContent = `Python could not be loaded: ${data.failure}`;
    if (data.ready) run();
    if (data.shown) show(data.shown);
    if (data.qr !== undefined) document.getElementById("qr").innerHTML = data.qr;
  };
}

function run() {
  [runs.disabled, stops.disabled] = [true, false];
  status.textContent = "Running.";
  worker.postMessage({ program: code.value });
}

function show(pieces) {
  [runs.disabled, stops.disabled] = [false, true];
  status.textContent = "Ctrl+Enter runs the program.";
  output.replaceChildren(...pieces.map((html) => {
    const piece = document.createElement("div");
    piece.innerHTML = html;
    return piece;
  }));
}

// A program in the address, compressed: a link carries it, and no server sees it.
const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer();
async function packed(text) {
  const bytes = new Uint8Array(await through(text, new CompressionStream("deflate-raw")));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw")));
}
async function open() {
  code.value = examples[choice.value];
  if (location.hash.length > 1) {
    try {
      code.value = await unpacked(location.hash.slice(1));
    } catch {
      status.textContent = "The link carries no program.";
    }
  }
}

choice.onchange = () => {
  code.value = examples[choice.value];
  if (!runs.disabled) run();
};
runs.onclick = run;
stops.onclick = () => {
  worker.terminate();
  stops.disabled = true;
  start();
};
link.onclick = async () => {
  history.replaceState(null, "", `#${await packed(code.value)}`);
  await navigator.clipboard?.writeText(location.href).catch(() => {});
  status.textContent = "The address carries the program now.";
  worker.postMessage({ link: location.href });
};
code.onkeydown = (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !runs.disabled) run();
};
await open();
start();
