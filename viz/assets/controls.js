// The sliders of a page, each with a field for an exact number beside it, which may lie outside the slider's range.
const ROOM = 9; // characters in a field
function short(x) {
  const texts = [6, 5, 4, 3, 2, 1].map((digits) => String(Number(x.toPrecision(digits))));
  return texts.find((text) => text.length <= ROOM) ?? texts.at(-1);
}

function sliders(changed) {
  const rows = [...document.querySelectorAll(".slider")];
  const start = rows.map((row) => Number(row.dataset.value));
  const values = [...start];
  const parts = rows.map((row) => row.querySelectorAll("input"));
  function show(i, from) {
    const [range, field] = parts[i];
    const text = short(values[i]);
    if (from !== range && Number.isFinite(values[i])) range.value = values[i];
    if (from !== field) field.value = Number.isFinite(values[i]) ? text : "";
    range.setAttribute("aria-valuetext", text);
  }
  function put(i, x) {
    const whole = (y) => Math.min(Math.max(Math.round(y), Number(parts[i][0].min)), Number(parts[i][0].max));
    values[i] = "whole" in rows[i].dataset ? whole(x) : x;
  }
  parts.forEach(([range, field], i) => {
    for (const input of [range, field]) {
      input.addEventListener("input", () => {
        if (input.value === "" || !Number.isFinite(input.valueAsNumber)) return;
        put(i, input.valueAsNumber);
        show(i, input);
        changed();
      });
    }
    field.addEventListener("change", () => show(i));
    show(i);
  });
  function set(i, x) {
    put(i, x);
    show(i);
    changed();
  }
  function reset() {
    start.forEach((x, i) => {
      values[i] = x;
      show(i);
    });
    changed();
  }
  return { values, set, reset };
}
