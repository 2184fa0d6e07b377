// The watched sentence: its tree, or its chain, coloured by the gradient at a time.

// The run of a group whose sentence and matrices are shown: the first that has looks.
const shownRun = runs => runs.find(run => run.looks.length && run.live) ?? null;

const whenOf = look => `epoch ${look.epoch}, minibatch ${look.batch}`;

function sentenceView({ runs, time, width, scale, colours }) {
  const run = shownRun(runs), look = run && lookAt(run, time, of => of.heat);
  if (!look) return null;
  const { sentence } = run.live, ratios = ratiosOf(look.heat);
  const figure = sentence.chain ? drawChain(sentence, ratios, width, scale, colours)
    : drawTree(sentence, ratios, width, scale, colours);
  return {
    figure,
    text: `${run.name}, ${whenOf(look)}. ‖∂J/∂p‖ at each node / at the root.`,
    table: () => ({
      head: ["node", "words below", "gradient norm", "ratio"],
      rows: ratios.map((ratio, row) => [String(row + 1), spanOf(sentence, row),
        look.heat[row] === null ? "" : shortNumber(finite(look.heat[row])), ratio === null ? "" : shortNumber(ratio)]),
    }),
  };
}

const nodeTitle = (sentence, row, ratio, note) => `${spanOf(sentence, row)}: ${note || `ratio ${shortNumber(ratio)}`}`;

// A mark for a node: dashed for zero, dotted outside the scale, as in viz.style.
function nodeMark(x, y, r, { fill, note }, marked, title) {
  const dash = { "exactly zero": "3,2", "outside the scale": "1.5,2", "not a number": "3,2" }[note] ?? "";
  const odd = note === "not a number" || note === "infinite";
  const parts = [draw("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r, fill, stroke: odd ? "#b34700" : "#404040",
    "stroke-width": odd ? 2.5 : 1, "stroke-dasharray": dash, "data-node": "" }, draw("title", {}, title))];
  if (marked) parts.push(draw("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: r + 3, fill: "none", stroke: "#000", "stroke-width": 1.5 }));
  return parts;
}

function drawTree(sentence, ratios, width, scale, colours) {
  const { x, y, leaves, levels } = placeTree(sentence);
  const step = (width - 24) / leaves, longest = Math.max(...sentence.words.map(word => (word ?? "").length));
  const r = Math.max(2, Math.min(8, step / 2.6)), upright = longest * 7.2 <= step - 3;
  const letters = upright ? 16 : Math.min(110, 8 + longest * 7.2);
  const level = Math.max(10, Math.min(26, 190 / Math.max(1, levels)));
  const at = row => 12 + (x[row] + 0.5) * step, down = row => r + 5 + y[row] * level;
  const floor = r + 5 + levels * level + r + 6, height = floor + letters, parts = [];
  ratios.forEach((_, row) => {
    for (const child of [sentence.left[row], sentence.right[row]]) {
      if (child >= 0) parts.push(draw("line", { x1: at(row).toFixed(1), y1: down(row).toFixed(1), x2: at(child).toFixed(1), y2: down(child).toFixed(1), stroke: "#808080" }));
    }
  });
  ratios.forEach((ratio, row) => {
    const look = lookOf(ratio, scale, colours), marked = sentence.marked.includes(row), word = sentence.words[row];
    if (word !== null && (step >= 11 || marked)) {
      const [wx, wy] = upright ? [at(row), floor + 9] : [at(row) + 4, floor + 2];
      const turn = upright ? { "text-anchor": "middle" } : { "text-anchor": "end", transform: `rotate(-90 ${wx} ${wy})` };
      if (down(row) + r + 2 < floor - 4) parts.push(draw("line", { x1: at(row).toFixed(1), x2: at(row).toFixed(1), y1: (down(row) + r).toFixed(1), y2: floor - 3, stroke: "#d9d9d9" }));
      parts.push(draw("text", { x: wx.toFixed(1), y: wy.toFixed(1), "font-weight": marked ? "bold" : "normal", ...turn }, word.slice(0, 15)));
    }
    parts.push(...nodeMark(at(row), down(row), r, look, marked, nodeTitle(sentence, row, ratio, look.note)));
  });
  return svgOf(width, height, `Tree of ${leaves} words, coloured by the gradient`, parts);
}

function drawChain(sentence, ratios, width, scale, colours) {
  const places = placeChain(sentence), step = (width - 24) / places.length, r = Math.max(2, Math.min(9, step / 2.6));
  const longest = Math.max(...places.map(({ word }) => word.length)), letters = Math.min(110, 10 + longest * 7.2);
  const parts = [draw("line", { x1: 12, x2: width - 12, y1: 20, y2: 20, stroke: "#808080" })];
  places.forEach(({ word, row }, k) => {
    const x = 12 + (k + 0.5) * step, look = lookOf(ratios[row], scale, colours), marked = sentence.marked.includes(row);
    parts.push(...nodeMark(x, 20, r, look, marked, `state after “${word}”: ${look.note || shortNumber(ratios[row])}`));
    if (step >= 11 || marked) {
      parts.push(draw("text", { x: (x + 4).toFixed(1), y: 38, "text-anchor": "end", transform: `rotate(-90 ${(x + 4).toFixed(1)} 38)`, "font-weight": marked ? "bold" : "normal" }, word.slice(0, 15)));
    }
  });
  return svgOf(width, 40 + letters, `Chain of ${places.length} words, each with the state that has just read it`, parts);
}
