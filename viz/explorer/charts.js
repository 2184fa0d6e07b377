// Charts as SVG, drawn at the width of their place so that letters keep their size.

// Decades between which all positive values lie, at least two of them, and a step that gives at most 7 ticks.
function decades(lines) {
  let low = 0, high = 0;
  for (const norms of lines) {
    for (const value of norms) {
      if (value > 0 && value < Infinity) { low = Math.min(low, Math.log10(value)); high = Math.max(high, Math.log10(value)); }
    }
  }
  low = Math.floor(low); high = Math.ceil(high);
  if (high - low < 2) low = high - 2;
  const step = [1, 2, 5, 10, 20, 50, 100].find(size => (high - low) / size <= 7) ?? 100;
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step, step };
}

function drawFlow(place, result, looks, T, t) {
  const width = Math.max(place.clientWidth, 260), height = 272, left = 46, right = 16, top = 8, bottom = 36;
  const { low, high, step } = decades(Object.keys(looks).map(line => result[line]));
  const x = step => left + (width - left - right) * step / T;
  const y = value => top + (height - top - bottom) * (high - Math.log10(value)) / (high - low);
  const parts = [];
  for (let power = low; power <= high; power += step) {
    const at = y(10 ** power);
    parts.push(draw("line", { x1: left, x2: width - right, y1: at, y2: at, stroke: power ? "#d9d9d9" : "#808080" }));
    parts.push(draw("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, power ? `10${superscript(power)}` : "1"));
  }
  const every = [1, 2, 5, 10, 20, 50].find(size => T / size <= (width < 420 ? 5 : 10));
  for (let k = 0; k <= T; k += every) {
    parts.push(draw("line", { x1: x(k), x2: x(k), y1: height - bottom, y2: height - bottom + 4, stroke: "#000" }));
    parts.push(draw("text", { x: x(k), y: height - bottom + 16, "text-anchor": "middle" }, String(k)));
  }
  const middle = (left + width - right) / 2;
  parts.push(draw("text", { x: middle, y: height - 4, "text-anchor": "middle" }, "step t (the gradient runs from right to left)"));
  for (const [line, { colour, dash }] of Object.entries(looks)) {
    const point = (value, k) => (value > 0 ? [`${x(k).toFixed(1)},${y(value).toFixed(1)}`] : []);
    parts.push(draw("polyline", {
      points: [...result[line]].flatMap(point).join(" "), fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dash, "data-line": line,
    }));
  }
  parts.push(draw("line", { x1: x(t), x2: x(t), y1: top, y2: height - bottom, stroke: "#000" }));
  for (const [line, { colour }] of Object.entries(looks)) {
    if (result[line][t] > 0) parts.push(draw("circle", { cx: x(t), cy: y(result[line][t]), r: 4, fill: colour, stroke: "#fff" }));
  }
  const ends = Object.entries(looks).map(([line, { name }]) => `${name} ${shortNumber(result[line][0])}`);
  picture(place, width, height, `Gradient norms by step on a logarithmic axis. At step 0: ${ends.join(", ")}`, parts);
}

function drawCircle(place, { values, radius }) {
  const size = 222, middle = size / 2, most = Math.max(1.1, 1.1 * radius), at = value => middle * value / most;
  const parts = [
    draw("line", { x1: 0, x2: size, y1: middle, y2: middle, stroke: "#d9d9d9" }),
    draw("line", { x1: middle, x2: middle, y1: 0, y2: size, stroke: "#d9d9d9" }),
    draw("circle", { cx: middle, cy: middle, r: at(1), fill: "none", stroke: "#000" }),
    draw("circle", { cx: middle, cy: middle, r: at(radius), fill: "none", stroke: "#808080", "stroke-dasharray": "4,3" }),
  ];
  for (const [re, im] of values) {
    parts.push(draw("circle", { cx: middle + at(re), cy: middle - at(im), r: 3.5, fill: "#0072b2", "fill-opacity": 0.75 }));
  }
  const count = `${values.length} eigenvalues in the complex plane with the unit circle`;
  picture(place, size, size, `${count}; radius ${radius.toPrecision(3)}`, parts);
}

// One row of boxes per cell, coloured by the gradient's logarithm; values beyond the ends have the colour of an end.
function drawStrip(place, result, looks, { colours, low, high }, T, t) {
  const width = Math.max(place.clientWidth, 260), left = 52, right = 88, row = 20, box = (width - left - right) / (T + 1);
  const share = value => Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low)));
  const shade = value => colours[Math.round((colours.length - 1) * share(value))];
  const parts = [], lines = ["elman", "lstm", "gru"];
  lines.forEach((line, k) => {
    const y = k * (row + 3);
    parts.push(draw("text", { x: left - 6, y: y + 14, "text-anchor": "end" }, looks[line].name));
    result[line].forEach((value, step) => parts.push(draw("rect", {
      x: left + step * box, y, width: box + 0.3, height: row, fill: shade(value), "shape-rendering": "crispEdges",
    })));
    parts.push(draw("text", { x: width - right + 6, y: y + 14 }, shortNumber(result[line][0])));
  });
  parts.push(draw("rect", {
    x: left + t * box - 1, y: 0, width: Math.max(box, 3) + 2, height: lines.length * (row + 3) - 3,
    fill: "none", stroke: "#d55e00", "stroke-width": 2,
  }));
  const y = lines.length * (row + 3) + 13, far = T === 1 ? "1 word" : `${T} words`;
  parts.push(draw("text", { x: left, y, "font-weight": "bold" }, "keys"));
  parts.push(draw("text", { x: (left + width - right) / 2, y, "text-anchor": "middle" }, `← ${far} ←`));
  parts.push(draw("text", { x: width - right, y, "text-anchor": "end", "font-weight": "bold" }, "are"));
  parts.push(draw("text", { x: width - right + 6, y }, "at “keys”"));
  const bar = Math.min(180, width - left - 150), top = y + 10;
  colours.forEach((colour, k) => parts.push(draw("rect", {
    x: left + bar * k / colours.length, y: top, width: bar / colours.length + 0.3, height: 10, fill: colour,
    "shape-rendering": "crispEdges",
  })));
  parts.push(draw("text", { x: left - 6, y: top + 10, "text-anchor": "end" }, `≤10${superscript(low)}`));
  parts.push(draw("text", { x: left + bar + 6, y: top + 10 }, high ? `≥10${superscript(high)}` : "≥1"));
  const read = lines.map(line => `${looks[line].name} ${shortNumber(result[line][0])}`).join(", ");
  picture(place, width, top + 14, `What arrives at the subject, ${far} before the verb: ${read}`, parts);
}
