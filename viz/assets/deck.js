// In a frame, as on a slide of a deck, a key that would lead beyond the first or the last step belongs to the deck: as
// the key itself, or where the deck is of another origin, as the message that reveal.js understands.
function handOn(event, by) {
  if (parent === window) return false;
  event.preventDefault();
  try {
    const { key, code, keyCode } = event;
    parent.document.dispatchEvent(new KeyboardEvent("keydown", { key, code, keyCode, bubbles: true, cancelable: true }));
  } catch {
    parent.postMessage(JSON.stringify({ method: by > 0 ? "next" : "prev" }), "*");
  }
  return true;
}
