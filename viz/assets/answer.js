// The number that an answer stands for, and the mistakes that give it. An answer is read here; no program is run.
const CONSTANTS = { e: Math.E, pi: Math.PI, π: Math.PI };
const FUNCTIONS = {
  exp: Math.exp, ln: Math.log, log: Math.log, sqrt: Math.sqrt, sin: Math.sin, cos: Math.cos, tan: Math.tan, tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)), σ: (x) => 1 / (1 + Math.exp(-x)), abs: Math.abs,
};
const SIGNS = { "−": "-", "–": "-", "·": "*", "×": "*", "∙": "*", "⋅": "*", ":": "/", "÷": "/", ",": ".", "²": "^2", "³": "^3", "√": "sqrt", "[": "(", "]": ")" };

function numberOf(text) {
  const source = text.toLowerCase().replaceAll("**", "^").replace(/[−–·×∙⋅:÷,²³√[\]]/g, (sign) => SIGNS[sign]);
  const tokens = source.match(/(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[a-zπσ]+|\S/g) ?? [];
  let at = 0;
  const fail = () => {
    const got = at < tokens.length ? `got “${tokens[at]}”` : tokens.length ? "and something is missing at the end" : "got nothing";
    throw new Error(`Expected a number, or a formula such as 2*3, 1/3 or -e^2, ${got}.`);
  };
  const next = (...wanted) => wanted.includes(tokens[at]) && tokens[at++];
  function sum() {
    let total = product();
    for (let sign; (sign = next("+", "-"));) total = sign === "+" ? total + product() : total - product();
    return total;
  }
  function product() {
    let total = signed();
    while (/^[*/(a-zπσ]/.test(tokens[at] ?? "")) {
      if (next("/")) total /= signed();
      else total *= next("*") ? signed() : power(); // 2(3 + 1), 2e
    }
    return total;
  }
  function signed() {
    if (next("-")) return -signed();
    return next("+") ? signed() : power();
  }
  function power() {
    const base = atom();
    return next("^") ? base ** signed() : base;
  }
  function atom() {
    const token = tokens[at];
    if (/^[\d.]/.test(token) && token !== ".") return Number(tokens[at++]);
    if (Object.hasOwn(CONSTANTS, token)) return CONSTANTS[tokens[at++]];
    if (Object.hasOwn(FUNCTIONS, token)) return FUNCTIONS[tokens[at++]](power());
    if (!next("(")) fail();
    const inside = sum();
    if (!next(")")) fail();
    return inside;
  }
  const result = sum();
  if (at < tokens.length) fail();
  if (!Number.isFinite(result)) throw new Error("That formula has no finite number.");
  return result;
}

const isClose = (x, y) => Math.abs(x - y) <= (y ? data.tolerance * Math.abs(y) : data.almost0);

// The mistakes [kind, number, place] that give an answer, each kind once: the likelier first, as they are listed.
function mistakesBehind(answer, mistakes) {
  const kinds = new Map();
  for (const [kind, number, place] of mistakes) {
    if (isClose(answer, number) && !kinds.has(kind)) kinds.set(kind, [kind, place]);
  }
  return [...kinds.values()];
}
