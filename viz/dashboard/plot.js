// A plot with axes: lines with bands over time. All sizes in pixels, so that letters keep theirs.

const INKS = ["#00467f", "#b34700", "#00684a", "#7a3b77"];  // of groups; at least 5 to 1 on white
const DASHES = ["", "7,3", "2,2", "9,3,2,3"];

// About n round numbers from low to high.
function ticksOf(low, high, n) {
  const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find(digit => digit * power >= raw * 0.999) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) found.push(Number((k * step).toPrecision(12)));
  return found;
}

const wholeTicks = (high, most) => {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find(step => high / step <= most) ?? 5000;
  return Array.from({ length: Math.floor(high / every) + 1 }, (_, k) => k * every);
};

// The frame of a plot: {x, y, parts, box}; x maps time, y a value between the limits.
function frame({ width, height, end, low, high, form, left = 46, bottom = 32 }) {
  const right = width - 12, top = 8, floor = height - bottom;
  const x = time => left + (right - left) * time / end;
  const y = value => floor - (floor - top) * (value - low) / (high - low);
  const parts = [];
  for (const tick of ticksOf(low, high, 4)) {
    parts.push(draw("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: "#d9d9d9" }));
    parts.push(draw("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, form(tick)));
  }
  for (const tick of wholeTicks(end, 8)) {
    parts.push(draw("line", { x1: x(tick), x2: x(tick), y1: floor, y2: floor + 4, stroke: "#000" }));
    parts.push(draw("text", { x: x(tick), y: floor + 16, "text-anchor": "middle" }, String(tick)));
  }
  parts.push(draw("text", { x: right, y: height - 3, "text-anchor": "end" }, "epoch"));
  return { x, y, parts, box: { left, right, top, floor } };
}

// A line through points {time, middle, low, high}, with the range around it.
function lineWithBand({ x, y }, points, ink, dash) {
  const at = (point, key) => `${x(point.time).toFixed(1)},${y(point[key]).toFixed(1)}`;
  const parts = [];
  if (points.some(point => point.low < point.high)) {
    const around = [...points.map(point => at(point, "high")), ...[...points].reverse().map(point => at(point, "low"))];
    parts.push(draw("polygon", { points: around.join(" "), fill: ink, "fill-opacity": 0.16, "data-band": "" }));
  }
  const line = points.map(point => at(point, "middle")).join(" ");
  parts.push(draw("polyline", { points: line, fill: "none", stroke: ink, "stroke-width": 2, "stroke-dasharray": dash }));
  if (points.length === 1) parts.push(draw("circle", { cx: x(points[0].time), cy: y(points[0].middle), r: 3, fill: ink }));
  return parts;
}

const timeLine = ({ x, box }, time) => draw("line", {
  x1: x(time), x2: x(time), y1: box.top, y2: box.floor, stroke: "#000", "stroke-dasharray": "3,2", "data-time": "",
});

// {svg, label}: lines of [{name, ink, dash, points}] with the time marked.
function drawLines({ width, height, end, time, lines, form, low, high, what }) {
  const values = lines.flatMap(line => line.points.flatMap(({ low, high }) => [low, high])).filter(Number.isFinite);
  const bottom = low ?? Math.min(...values), top = high ?? Math.max(...values);
  const spread = top > bottom ? top - bottom : Math.abs(top) || 1;
  const limits = { low: low ?? bottom - 0.04 * spread, high: high ?? top + 0.04 * spread };
  const plot = frame({ width, height, end, form, ...limits });
  for (const { points, ink, dash } of lines) plot.parts.push(...lineWithBand(plot, points, ink, dash));
  plot.parts.push(timeLine(plot, time));
  const ends = lines.map(({ name, points }) => `${name} ${form(points[points.length - 1].middle)}`);
  return svgOf(width, height, `${what} by epoch; at the end: ${ends.join(", ")}`, plot.parts);
}

function svgOf(width, height, label, parts) {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return draw("svg", { ...size, role: "img", "aria-label": label }, ...parts);
}

// A key of lines: [{name, ink, dash}] as an element of HTML.
function keyOf(lines) {
  const key = document.createElement("p");
  key.className = "key";
  for (const { name, ink, dash } of lines) {
    const entry = document.createElement("span");
    entry.append(draw("svg", { width: 30, height: 10, "aria-hidden": "true" },
      draw("line", { x1: 0, x2: 30, y1: 5, y2: 5, stroke: ink, "stroke-width": 2, "stroke-dasharray": dash })), ` ${name}`);
    key.append(entry);
  }
  return key;
}
