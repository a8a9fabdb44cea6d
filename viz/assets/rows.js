// The derivation stands beside the graph, or below it where it is wide, in letters as large as there is room for: they
// are smaller than a hall can read only where they would be cut at the side.
const derivation = $("derivation"), lines = derivation.firstChild, stage = derivation.parentNode;
const LEAST = 0.8, READABLE = 1.1, MOST = 1.4, SHARE = 0.6; // sizes of letters, and the share of the width beside the graph
function arrange() {
  lines.style.fontSize = "1em";
  const width = stage.clientWidth / lines.offsetWidth, isWide = SHARE * width < 1 || innerHeight > innerWidth;
  stage.classList.toggle("stacked", isWide);
  const tall = Math.max(READABLE, derivation.clientHeight / lines.offsetHeight);
  const size = Math.min(MOST, tall, (isWide ? 1 : SHARE) * width);
  lines.style.fontSize = `${Math.max(size, LEAST)}em`;
  derivation.style.touchAction = derivation.scrollWidth <= derivation.clientWidth ? "pan-y pinch-zoom" : "";
  follow();
}
new ResizeObserver(arrange).observe(stage);
