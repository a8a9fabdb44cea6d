// A quiz: one blank is asked at a time, and what is known by now stands in the graph.
const $ = (id) => document.getElementById(id);
const blanks = data.blanks.map(([key, level, name, rule, hint, lit, terms, number, mistakes, steps, wrong]) => (
  { key, level, name, rule, hint, lit, terms, number, mistakes, steps, wrong, answers: [], end: "", isHinted: false }));
const byKey = new Map(blanks.map((blank) => [blank.key, blank]));
const BLANK = "?", MARKS = ["active", "sender", "receiver", "computed", "feeding"];
let level = Math.min(...blanks.map((blank) => blank.level)), now = null;
const asked = () => blanks.filter((blank) => blank.level >= level);

// A number as the learner may see it: of a blank only when it is answered, or when its level does not ask for it.
function known(key) {
  const blank = byKey.get(key);
  const isGiven = !blank || blank.end || (blank.level < level && !key.endsWith(".grad"));
  return isGiven ? (data.shown[key] ?? "0") : BLANK;
}

function refresh() {
  for (const { key } of blanks) {
    const text = known(key);
    for (const shown of [$(key), $(`t-${key}`)]) if (shown && shown.textContent !== text) put(shown, text);
    $(key)?.classList.toggle("blank", text === BLANK);
    $(key)?.classList.toggle("now", key === now.key);
    $(key)?.closest("g").classList.add("asks");
  }
}

// In a graph larger than its frame, brings the blank into the middle.
function follow() {
  const [shown, view] = [$(now.key), frame.view].map((part) => part?.getBoundingClientRect());
  if (!shown || !view.width) return;
  const isSeen = shown.left > view.left && shown.right < view.right && shown.top > view.top && shown.bottom < view.bottom;
  if (!isSeen) frame.view.scrollBy((shown.left + shown.right - view.left - view.right) / 2, (shown.top + shown.bottom - view.top - view.bottom) / 2);
}

function light(lit) {
  for (const part of frame.view.querySelectorAll("g[id]")) part.classList.remove(...MARKS);
  for (const [id, mark] of Object.entries(lit)) $(id)?.classList.add(mark);
}

// Says pieces of text, each after its class; "\n" begins a line.
function say(...pieces) {
  $("says").replaceChildren(...pieces.map(([name, text]) => {
    const piece = document.createElement("span");
    piece.className = name;
    piece.textContent = text;
    return piece;
  }));
}
const pairs = (flat) => flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1]]]));
const lines = (sentences) => sentences.flatMap((flat) => [["", "\n"], ...pairs(flat)]);

function choose(blank, { focus = true } = {}) {
  now = blank;
  const all = asked(), i = all.indexOf(blank);
  $("asked").textContent = `${i + 1} of ${all.length}, ${all.filter(({ end }) => end).length} done`;
  $("name").textContent = `${blank.name} =`;
  ask();
  const answer = $("answer");
  answer.value = blank.end ? data.shown[blank.key] : "";
  answer.removeAttribute("aria-invalid");
  answer.readOnly = Boolean(blank.end);
  $("check").textContent = blank.end ? "Next" : "Check";
  $("back").disabled = all.length < 2;
  $("next").disabled = all.length < 2;
  say(...(blank.end ? [["right", blank.end === "right" ? "Right." : "Shown."], ...lines(blank.steps)] : [["muted", "A number, or a formula such as 2*3, 1/3 or -e^2."]]));
  light(blank.end ? blank.lit : {});
  refresh();
  follow();
  if (focus) answer.focus({ preventScroll: true });
}

// What the blank is computed from, in names, and with the numbers that are known.
function ask() {
  const { name, rule, terms } = now;
  const factor = (key) => (known(key).startsWith("−") ? `(${known(key)})` : known(key));
  const numbers = terms.map((keys) => keys.map(factor).join(" · ")).join(" + ");
  $("rule").textContent = `${name} ${rule}${numbers ? `\n= ${numbers}` : ""}`;
}

function check() {
  if (now.end) return move(1, true);
  const answer = $("answer");
  let x;
  try {
    x = numberOf(answer.value);
  } catch (error) {
    answer.setAttribute("aria-invalid", "true");
    return say(["wrong", error.message]);
  }
  if (isClose(x, now.number)) {
    now.answers.push([answer.value, [], ""]);
    finish("right");
    say(["right", asked().every(({ end }) => end) ? "Right. All is done: see the summary." : "Right. Enter leads on."], ...lines(now.steps));
    return;
  }
  const behind = mistakesBehind(x, now.mistakes);
  const reasons = behind.map(([kind, place]) => data.kinds[kind].replace("{place}", data.names[place]));
  now.answers.push([answer.value, behind.map(([kind]) => kind), reasons[0] ?? ""]);
  answer.setAttribute("aria-invalid", "true");
  answer.select();
  const isNear = Math.abs(x - now.number) <= 10 * data.tolerance * Math.abs(now.number);
  const unknown = isNear ? " It is close: give three significant digits, or a formula." : " No known mistake gives this number; a hint may help.";
  say(["wrong", `${answer.value} is not right.`], ["", reasons.length ? ` ${reasons.join("\nOr: ")}` : unknown]);
  light(behind[0]?.[1] ? { [behind[0][1]]: behind[0][1][0] === "e" ? "active" : "receiver" } : {});
}

function finish(end) {
  now.end = end;
  const { value } = $("answer");
  choose(now);
  $("answer").value = end === "right" ? value : data.shown[now.key];
}

function hint() {
  now.isHinted = true;
  light(now.lit);
  say(["", now.hint]);
}

// The steps that give the number; after a wrong backward pass, its steps before.
function reveal() {
  const kind = now.answers.at(-1)?.[1].find((one) => now.wrong[one]);
  const before = kind && now.end !== "right" ? [["wrong", "With the mistake:"], ...lines(now.wrong[kind]), ["right", "\nWithout:"]] : [];
  if (!now.end) finish("shown");
  say(...(before.length ? before : [["right", "The steps:"]]), ...lines(now.steps));
}

function move(by, isOpen = false) {
  const all = asked(), i = all.indexOf(now);
  const round = all.map((_, k) => all[(i + by * (k + 1) + all.length * (k + 2)) % all.length]);
  choose((isOpen && round.find(({ end }) => !end)) || round[0]);
}

// ---- the summary

function results() {
  return asked().map(({ name, answers, end, isHinted }) => ({
    name,
    tried: answers.map(([text]) => text).join(", ") || "–",
    result: [end || "open", end === "right" && answers.length > 1 ? `at try ${answers.length}` : "", isHinted ? "with a hint" : ""].filter(Boolean).join(", "),
    why: [...new Set(answers.map(([, , reason]) => reason))].filter(Boolean).join(" "),
    isFirst: end === "right" && answers.length === 1,
  }));
}
function total(rows) {
  const right = rows.filter(({ result }) => result.startsWith("right")).length;
  return `${right} of ${rows.length} right, ${rows.filter(({ isFirst }) => isFirst).length} at the first try.`;
}
function summarize() {
  const rows = results();
  $("total").textContent = total(rows);
  $("rows").replaceChildren(...rows.map(({ name, tried, result, why }) => {
    const row = document.createElement("tr");
    for (const [tag, text] of [["th", name], ["td", tried], ["td", result], ["td", why]]) {
      const cell = document.createElement(tag);
      if (tag === "th") cell.scope = "row";
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }));
}
async function copy() {
  const rows = results();
  const text = [data.title, total(rows), ...rows.map(({ name, tried, result, why }) => [name, tried, result, why].join("\t"))].join("\n");
  try {
    await navigator.clipboard.writeText(text);
    $("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren($("results")); // where a page may not write to the clipboard, the reader can
    $("copied").textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with Ctrl and C.";
  }
}

const frame = new Frame(() => choose(now, { focus: false }));
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
$("hint").onclick = hint;
$("show").onclick = reveal;
$("back").onclick = () => move(-1);
$("next").onclick = () => move(1);
if ($("level")) {
  $("level").onchange = () => {
    level = Number($("level").value);
    choose(asked().find(({ end }) => !end) ?? asked()[0], { focus: false });
  };
}
$("summary").addEventListener("beforetoggle", summarize);
addEventListener("beforeprint", () => { // what is printed before the first answer is a sheet to fill in
  summarize();
  $("summary").classList.toggle("begun", blanks.some(({ answers, end }) => end || answers.length));
});
$("copy").onclick = copy;
$("print").onclick = () => print();
$("again").onclick = () => {
  for (const blank of blanks) Object.assign(blank, { answers: [], end: "", isHinted: false });
  $("summary").hidePopover();
  choose(asked()[0]);
};
frame.view.addEventListener("click", (event) => {
  const id = event.target.closest("g.asks")?.id;
  const of = asked().filter(({ key }) => key.startsWith(`${id}.`));
  if (of.length) choose(of.find(({ key }) => key === event.target.id) ?? of.find(({ end }) => !end) ?? of[0]);
});
addEventListener("keydown", (event) => {
  const by = { PageDown: 1, PageUp: -1 }[event.key];
  if (!by || document.querySelector(":popover-open")) return;
  event.preventDefault();
  move(by);
});
choose(asked()[0], { focus: matchMedia("(hover: hover)").matches });
new ResizeObserver(() => {
  frame.fit();
  follow();
}).observe(frame.view.parentNode);
