// The colour bar, and the sizes by how many characters back they are, at several moments.

function drawBar(place, { scale, ticks, colours }, width) {
  const left = 12, right = Math.min(width, 620) - 12, parts = [], n = 128, first = ticks[0], last = ticks[ticks.length - 1];
  for (let k = 0; k < n; k += 1) {
    parts.push(draw("rect", { x: (left + (right - left) * k / n).toFixed(2), y: 2, width: ((right - left) / n + 0.4).toFixed(2),
      height: 12, fill: colours[Math.trunc((k + 0.5) / n * colours.length)], "shape-rendering": "crispEdges" }));
  }
  let free = Infinity;  // from the right
  for (const tick of [...ticks].reverse()) {
    const [value, name] = tick, x = left + (right - left) * position(value, scale);
    parts.push(draw("line", { x1: x, x2: x, y1: 14, y2: 18, stroke: "#000" }));
    if (x > free || (tick !== first && x < left + 46)) continue;
    free = x - 46;
    const anchor = tick === first ? "start" : tick === last ? "end" : "middle";
    parts.push(draw("text", { x: x + { start: -8, middle: 0, end: 8 }[anchor], y: 30, "text-anchor": anchor }, name));
  }
  picture(place, right + 12, 34, `Colours from ${first[1]} to ${last[1]}, by the logarithm; hatched: less than ${first[1]}`, parts);
}

const LINES = {
  chosen: { stroke: "#000000", "stroke-width": 2.4 },
  first: { stroke: "#d55e00", "stroke-width": 1.5, "stroke-dasharray": "2 3" },
  last: { stroke: "#0072b2", "stroke-width": 1.5, "stroke-dasharray": "7 4" },
};

// lines: [{kind, name, sizes}], sizes from far to near. A gap is where a size is too small to tell.
function drawCurve(place, lines, { scale, ticks }, pointed, width) {
  const left = 46, right = width - 10, top = 8, floor = 190, far = lines[0].sizes.length;
  const x = back => left + (right - left) * (far === 1 ? 0 : (back - 1) / (far - 1));
  const y = value => floor - (floor - top) * position(value, scale), parts = [];
  for (const [value, name] of ticks) {
    parts.push(draw("line", { x1: left, x2: right, y1: y(value), y2: y(value), stroke: "#d9d9d9" }),
      draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, name));
  }
  const step = [1, 2, 5, 10, 20, 50, 100].find(each => far / each <= Math.max(2, (right - left) / 60)) ?? 200;
  for (let back = 1; back <= far; back += back === 1 && step > 1 ? step - 1 : step) {
    parts.push(draw("text", { x: x(back), y: floor + 16, "text-anchor": "middle" }, String(back)));
  }
  parts.push(draw("text", { x: right, y: floor + 34, "text-anchor": "end" }, "characters back"));
  if (pointed !== null) parts.push(draw("line", { x1: x(pointed), x2: x(pointed), y1: top, y2: floor, stroke: "#595959", "data-pointed": "" }));
  for (const { kind, sizes } of lines) {
    let pieces = "", drawing = false;
    sizes.forEach((size, k) => {
      const back = far - k;
      pieces += size > 0 ? `${drawing ? "L" : "M"}${x(back).toFixed(1)},${y(size).toFixed(1)}` : "";
      drawing = size > 0;
    });
    parts.push(draw("path", { d: pieces || "M0,0", fill: "none", ...LINES[kind], "data-line": kind }));
  }
  let across = left;
  lines.forEach(({ kind, name }, k) => {
    const wide = width < 560, at = wide ? left : across, low = floor + 52 + (wide ? 18 * k : 0);
    parts.push(draw("line", { x1: at, x2: at + 34, y1: low - 4, y2: low - 4, ...LINES[kind] }),
      draw("text", { x: at + 40, y: low }, name));
    across += 64 + 7.2 * name.length;
  });
  const height = floor + 60 + (width < 560 ? 18 * (lines.length - 1) : 0);
  picture(place, width, height, `Size of the gradient by characters back, ${lines.map(line => line.name).join("; ")}`, parts);
}
