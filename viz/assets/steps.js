// The picture is there once; a step changes the texts and classes that `data` names, and going back undoes them.
const $ = (id) => document.getElementById(id);
const steps = data.steps.map(([said, texts, marks, spots, kind]) => ({said, texts, marks, spots, kind}));
const last = steps.length - 1;
const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const view = $("view"), says = $("says"), slider = $("slider");
const TRAVEL = 800; // milliseconds of what travels
const MARKS = ["waiting", "sent"];
let at = -1, spots = {}, timer = 0, held = new Map();
// The part of the picture with an id; of what is in a folded box, the box.
const part = (id) => $(id) ?? held.get(id);

// The places beside the picture that show a number of it too.
const places = new Map();
for (const place of document.querySelectorAll("[data-key]")) {
  places.set(place.dataset.key, [...(places.get(place.dataset.key) ?? []), place]);
  put(place, place.textContent);
}
const shownBy = (key) => [$(key), $(`t-${key}`), ...(places.get(key) ?? [])].filter(Boolean);

// What to write and to mark on the way back: found by going through once, on paper.
function prepare() {
  const texts = new Map(), marks = new Map();
  for (const step of steps) {
    step.oldTexts = step.texts.map(([key]) => [key, texts.get(key) ?? shownBy(key)[0]?.textContent ?? ""]);
    step.texts.forEach(([key, text]) => texts.set(key, text));
    step.oldMarks = {};
    for (const [id, mark] of Object.entries(step.marks)) {
      step.oldMarks[id] = marks.get(id) ?? MARKS.find((name) => $(id).classList.contains(name)) ?? "";
      marks.set(id, mark);
    }
  }
}
prepare();

function change(texts, marks) {
  for (const [key, text] of texts) {
    for (const shown of shownBy(key)) put(shown, text);
    if (key.endsWith(".partial")) $(key)?.parentNode.classList.toggle("bare", text === "");
  }
  for (const [id, mark] of Object.entries(marks)) {
    const marked = id.startsWith("e") ? part(id) : $(id); // of a folded box, that of its result
    marked?.classList.remove(...MARKS);
    if (mark) marked?.classList.add(mark);
  }
}

function show(step) {
  const to = Math.min(Math.max(step, 0), last), from = at;
  if (to === at) return;
  for (const [id, spot] of Object.entries(spots)) part(id)?.classList.remove(spot);
  document.querySelectorAll("[aria-current]").forEach((line) => line.removeAttribute("aria-current"));
  while (at < to) { at += 1; change(steps[at].texts, steps[at].marks); }
  while (at > to) { change(steps[at].oldTexts, steps[at].oldMarks); at -= 1; }
  spots = steps[at].spots;
  for (const [id, spot] of Object.entries(spots)) part(id)?.classList.add(spot);
  document.querySelectorAll(".side code.now").forEach((line) => line.setAttribute("aria-current", "step"));
  document.querySelectorAll(".side pre, .factors").forEach(reveal);
  view.classList.toggle("busy", Object.values(spots).some((spot) => /receiver|computed/.test(spot)));
  say(says, steps[at].said);
  slider.value = at;
  slider.setAttribute("aria-valuetext", `step ${at} of ${last}`);
  $("position").textContent = `${at} / ${last}`;
  $("backward").setAttribute("aria-pressed", at >= data.seed);
  for (const id of ["first", "back"]) $(id).disabled = at === 0;
  for (const id of ["next", "last"]) $(id).disabled = at === last;
  if (!waiting) waiting = setTimeout(link, Math.max(0, 150 - (performance.now() - linkedAt)));
  follow();
  send(from >= 0 && to > from ? steps[at] : { spots });
}

// Scrolls code, and not the page, to the first line that is lit, the chain rule to the first factor.
function reveal(box) {
  const line = box.querySelector(".now");
  if (!line) return;
  if (line.tagName === "SPAN") box.scrollLeft = 0;
  const frame = box.getBoundingClientRect(), shown = line.getBoundingClientRect();
  box.scrollTop += Math.min(0, shown.top - frame.top) + Math.max(0, shown.bottom - frame.bottom);
  if (line.tagName === "SPAN") box.scrollLeft += Math.max(0, shown.right - frame.right);
}

// What a node sends travels along the edge, against its arrow, unless the reader wants no motion.
let messages = [], travel = 0;
function send({ kind, spots }) {
  cancelAnimationFrame(travel);
  for (const [dot] of messages) dot.remove();
  messages = [];
  if (kind === "send" && !quiet.matches) travel = requestAnimationFrame(() => start(spots));
}
function start(spots) {
  for (const id of Object.keys(spots)) {
    const wire = spots[id] === "active" && part(id)?.querySelector(".wire");
    if (!wire) continue;
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    dot.setAttribute("class", "message");
    dot.setAttribute("r", 6);
    wire.ownerSVGElement.append(dot);
    messages.push([dot, wire, wire.getTotalLength()]);
  }
  const begin = performance.now(), time = TRAVEL / Math.max(1, Number($("speed").value));
  const move = (now) => {
    const left = Math.min(1, Math.max(0, 1 - (now - begin) / time));
    for (const [dot, wire, length] of messages) {
      const { x, y } = wire.getPointAtLength(left * length);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
    }
    if (left > 0) travel = requestAnimationFrame(move);
    else send({});
  };
  move(begin);
}

// The address says which step it is; browsers allow only so many changes a second.
let waiting = 0, linkedAt = -1e3;
function link() {
  waiting = 0;
  linkedAt = performance.now();
  try { history.replaceState(null, "", `#${at}`); } catch { /* in a notebook's frame there is no address to change */ }
}

// A derivative such as ∂f/∂x is MathML: readers of the screen skip a ∂ in text.
const QUOTIENT = /([d∂][^\s/()]+\/[d∂][^\s/(),.;]+)/;
function mathematics(quotient) {
  const math = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
  const [of, by] = quotient.split("/");
  for (const [tag, token] of [["mo", of[0]], ["mi", of.slice(1)], ["mo", "/"], ["mo", by[0]], ["mi", by.slice(1)]]) {
    const part = document.createElementNS(math.namespaceURI, tag);
    for (const [name, value] of [["lspace", "0"], ["rspace", "0"], ["mathvariant", "normal"]]) part.setAttribute(name, value);
    part.textContent = token;
    math.append(part);
  }
  return math;
}

function say(where, said) {
  where.replaceChildren();
  for (let i = 0; i < said.length; i += 2) {
    const piece = document.createElement("span");
    piece.className = said[i];
    for (const text of said[i + 1].split(QUOTIENT)) piece.append(QUOTIENT.test(text) ? mathematics(text) : text);
    where.append(piece);
  }
}

// ---- size: the frame's, and room for the longest sentence, so that nothing moves

let kept = 0;
const frame = new Frame(() => {
  held = new Map();
  for (const whole of view.querySelectorAll("[data-holds]")) {
    whole.dataset.holds.split(" ").forEach((id) => held.set(id, whole));
  }
  show(kept);
}, () => {
  kept = at;
  rewind();
});
function rewind() { // before the first step
  send({});
  for (const [id, spot] of Object.entries(spots)) part(id)?.classList.remove(spot);
  for (spots = {}; at >= 0; at -= 1) change(steps[at].oldTexts, steps[at].oldMarks);
}

function fit() {
  const longest = steps.map((step) => step.said).sort((a, b) => length(b) - length(a)).slice(0, 6);
  says.style.height = "auto";
  const heights = longest.map((said) => { say(says, said); return says.scrollHeight; });
  if (at >= 0) say(says, steps[at].said);
  says.style.height = `${Math.max(...heights) + 1}px`;
  frame.fit();
  follow();
}

function length(said) {
  return said.reduce((sum, text, i) => sum + (i % 2 ? text.length : 0), 0);
}

function follow() {
  const shown = Object.keys(spots).map(part).filter(Boolean);
  const inside = (frame) => shown.filter((spot) => frame.contains(spot)).map((spot) => spot.getBoundingClientRect());
  bring(view, inside(view), ["left", "right", "scrollLeft", "width"], ["top", "bottom", "scrollTop", "height"]);
  const rows = $("derivation");
  if (rows) bring(rows, inside(rows), ["top", "bottom", "scrollTop", "height"]);
}

function bring(view, boxes, ...ways) {
  if (!boxes.length) return;
  const frame = view.getBoundingClientRect();
  for (const [from, to, scroll, size] of ways) {
    const first = Math.min(...boxes.map((box) => box[from])), end = Math.max(...boxes.map((box) => box[to]));
    if (first < frame[from] + 8 || end > frame[to] - 8) {
      const middle = end - first < frame[size] ? (first + end) / 2 : (boxes[0][from] + boxes[0][to]) / 2;
      view[scroll] += middle - (frame[from] + frame[to]) / 2;
    }
  }
}

// ---- what one can do

function play(on) {
  clearInterval(timer);
  timer = 0;
  $("play").textContent = on ? "Pause" : "Play";
  if (!on) return;
  if (at === last) show(0);
  timer = setInterval(() => { if (at === last) play(false); else show(nextTo(1)); }, 1600 / Number($("speed").value));
}

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

// The next step that shows a number: those inside a folded box are passed over.
const isInside = ({ texts }) => texts.length > 0 && !texts.some(([key]) => $(key));
function nextTo(by) {
  let to = at + by;
  while (to > 0 && to < last && isInside(steps[to])) to += by;
  return to;
}
const go = (step) => { play(false); show(step); };
// The node that a step is about; with Shift a step is a node.
const about = (step) => Object.keys(step.spots).find((id) => /sender|computed/.test(step.spots[id])) ?? step.kind;
function nextNode(by) {
  let to = at + by;
  while (to > 0 && to < last && (about(steps[to]) === about(steps[to + by]) || isInside(steps[to]))) to += by;
  go(to);
}
const moves = {
  ArrowRight: () => go(nextTo(1)), PageDown: () => go(nextTo(1)), ArrowDown: () => go(nextTo(1)),
  ArrowLeft: () => go(nextTo(-1)), PageUp: () => go(nextTo(-1)), ArrowUp: () => go(nextTo(-1)),
  Home: () => go(0), End: () => go(last), " ": () => play(!timer), f: full, p: () => play(!timer), b: () => go(data.seed),
};
$("first").onclick = moves.Home;
$("back").onclick = moves.ArrowLeft;
$("play").onclick = () => play(!timer);
$("next").onclick = moves.ArrowRight;
$("last").onclick = moves.End;
$("backward").onclick = moves.b;
$("full").onclick = full;
$("full").hidden = !document.fullscreenEnabled;
slider.oninput = () => go(Number(slider.value));
$("speed").onchange = () => { if (timer) play(true); };
addEventListener("keydown", (event) => {
  const on = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || on === slider || on === $("speed")) return;
  if (event.key === " " && (on.tagName === "BUTTON" || on.type === "checkbox")) return;
  const isLarger = on.scrollWidth > on.clientWidth || on.scrollHeight > on.clientHeight;
  if (on.matches("#view, #derivation, pre, .factors") && event.key.startsWith("Arrow") && isLarger) return; // they scroll it
  if (event.key.length === 1 && event.key !== " " && !$("letters").checked) return;
  if ($("help").matches(":popover-open")) return;
  if (event.shiftKey && /^Arrow(Left|Right)$/.test(event.key)) {
    event.preventDefault();
    return nextNode(event.key === "ArrowRight" ? 1 : -1);
  }
  const by = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }[event.key];
  if (by && at === (by > 0 ? last : 0) && handOn(event, by)) return;
  if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
});

// A press on a line of code, or on a factor, leads to the next step in which it is lit.
document.querySelector(".side")?.addEventListener("click", ({ target }) => {
  const id = target.closest("code, .factor")?.id;
  const lit = steps.flatMap(({ spots }, i) => (spots[id] === "now" ? i : []));
  if (id && lit.length && getSelection().isCollapsed) go(lit.find((i) => i > at) ?? lit[0]);
});

// A finger that goes sideways, over the sentence, or over a graph or a derivation that fits, leads to the next step or back.
let touch = null;
for (const place of [view, says, $("derivation")].filter(Boolean)) {
  place.addEventListener("pointerdown", ({ pointerType, isPrimary, clientX, clientY }) => {
    const isOne = pointerType === "touch" && isPrimary && place.scrollWidth <= place.clientWidth;
    touch = isOne ? [clientX, clientY] : null;
  });
  place.addEventListener("pointerup", ({ clientX, clientY }) => {
    if (!touch) return;
    const dx = clientX - touch[0], dy = clientY - touch[1];
    touch = null;
    if (Math.abs(dx) > Math.max(40, 2 * Math.abs(dy))) go(nextTo(dx < 0 ? 1 : -1));
  });
}

const linked = (hash) => (/^#\d+$/.test(hash) ? Number(hash.slice(1)) : 0);
addEventListener("hashchange", ({ newURL }) => go(linked(new URL(newURL).hash))); // `link` may have changed it since
show(linked(location.hash));
fit();
new ResizeObserver(fit).observe(view.parentNode); // also where a notebook shows its frame late
