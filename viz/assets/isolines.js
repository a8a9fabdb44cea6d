// Lines of equal height over a grid: marching squares, with each crossing placed by linear interpolation.
// Source: Lorensen & Cline, Marching cubes (1987), in two dimensions; a saddle is joined as the middle of its cell says.
const CELLS = 180;

// The heights of f over a grid, and the coordinates of its lines.
function grid(f, [x0, x1], [y0, y1], cells = CELLS) {
  const x = (i) => x0 + ((x1 - x0) * i) / cells;
  const y = (j) => y0 + ((y1 - y0) * j) / cells;
  const z = [];
  for (let i = 0; i <= cells; i++) {
    z.push([]);
    for (let j = 0; j <= cells; j++) z[i].push(f(x(i), y(j)));
  }
  return { x, y, z };
}

function isoline({ x, y, z }, level) {
  const segments = [], cells = z.length - 1;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) segments.push(...cell(i, j, z, level).map((ends) => ends.map(([a, b]) => [x(a), y(b)])));
  }
  return segments;
}

// What lies above a level, as polygons: the cells of a row that lie above it as one, the others cut by the line.
function above({ x, y, z }, level) {
  const polygons = [], begins = Array(CELLS).fill(-1);
  for (let i = 0; i <= CELLS; i++) {
    for (let j = 0; j < CELLS; j++) {
      const corners = i < CELLS ? [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]] : [];
      const heights = corners.map(([a, b]) => z[a][b] - level);
      const isWhole = i < CELLS && heights.every((height) => height >= 0 && height < Infinity);
      if (isWhole && begins[j] < 0) begins[j] = i;
      if (isWhole) continue;
      if (begins[j] >= 0) polygons.push([[begins[j], j], [i, j], [i, j + 1], [begins[j], j + 1]]);
      begins[j] = -1;
      if (!heights.every(Number.isFinite) || !heights.some((height) => height >= 0)) continue;
      polygons.push(corners.flatMap(([a, b], k) => {
        const [from, to] = [heights[k], heights[(k + 1) % 4]];
        const kept = from >= 0 ? [[a, b]] : [];
        if (from >= 0 === to >= 0) return kept;
        const [c, d] = corners[(k + 1) % 4], share = from / (from - to);
        return [...kept, [a + share * (c - a), b + share * (d - b)]];
      }));
    }
  }
  return polygons.map((polygon) => polygon.map(([a, b]) => [x(a), y(b)]));
}

// The pieces of a line within one cell, each as two points.
function cell(i, j, z, level) {
  const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
  const heights = corners.map(([a, b]) => z[a][b] - level);
  if (!heights.every(Number.isFinite)) return [];
  const crossings = [];
  heights.forEach((from, k) => {
    const to = heights[(k + 1) % 4];
    if (from < 0 === to < 0) return;
    const share = from / (from - to);
    const [[a, b], [c, d]] = [corners[k], corners[(k + 1) % 4]];
    crossings.push([a + share * (c - a), b + share * (d - b)]);
  });
  if (crossings.length < 4) return crossings.length ? [crossings] : [];
  const middle = heights.reduce((sum, height) => sum + height, 0);
  const [p, q, r, s] = crossings;
  return middle < 0 === heights[0] < 0 ? [[p, q], [r, s]] : [[s, p], [q, r]];
}
