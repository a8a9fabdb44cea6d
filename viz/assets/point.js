// Writes a number into an element, with invisible digits before it: numbers below each other are aligned at their point.
function put(element, text) {
  const digits = element.closest("[data-digits]")?.dataset.digits ?? 4;
  const [, sign, whole] = text.match(/^(−?)(\d*)/);
  element.textContent = text;
  element.dataset.pad = text && (sign ? "" : "−") + "0".repeat(Math.max(0, digits - whole.length));
}

