// The median ratio by depth and epoch as a heat map, the factor per level under it.

const percent = value => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`;
const MORE_THAN = 200;  // levels after which "half is gone" means nothing

function factorInWords(fit) {
  if (!fit) return "Too few depths for a factor per level.";
  const { factor, halfLife } = fit;
  if (factor >= 1) return `×${factor.toFixed(2)} per level: it does not shrink on its way down.`;
  const half = halfLife < MORE_THAN ? `half is gone after ${halfLife.toFixed(1)} levels` : "hardly anything is lost";
  return `×${factor.toFixed(2)} per level: ${half}.`;
}

// {figure, text, table} of a group's runs in these epochs, those of all groups; nothing where no ratio is known.
function heatMap({ runs, time, width, scale, colours, epochs }) {
  const columns = new Map(epochs.map(epoch => [epoch, depthsOf(runs, epoch)]));
  if (![...columns.values()].some(column => column.size)) return null;
  const depths = [...new Set([...columns.values()].flatMap(column => [...column.keys()]))].sort((a, b) => a - b);
  const few = [...columns.values()].some(column => [...column.values()].some(found => found.few));
  const left = 34, top = 4, bottom = few ? 46 : 32, row = Math.max(6, Math.min(18, 190 / depths.length));
  const height = top + row * depths.length + bottom, cell = (width - left - 8) / epochs.length;
  const hatch = draw("pattern", { id: "none", width: 5, height: 5, patternUnits: "userSpaceOnUse" },
    draw("path", { d: "M0,5 L5,0", stroke: "#c8c8c8", "stroke-width": 1 }));
  const parts = [draw("defs", {}, hatch)], now = columnAt(epochs, time);
  depths.forEach((depth, k) => {
    const every = row >= 12 ? 1 : Math.ceil(12 / row), y = top + k * row;
    if (k % every === 0) parts.push(draw("text", { x: left - 5, y: y + row / 2 + 4, "text-anchor": "end" }, String(depth)));
    epochs.forEach((epoch, e) => {
      const found = columns.get(epoch).get(depth);
      if (!found) {
        parts.push(draw("rect", { x: (left + e * cell).toFixed(2), y: y.toFixed(2), width: (cell + 0.3).toFixed(2),
          height: (row + 0.3).toFixed(2), fill: "url(#none)" }));
        return;
      }
      const { fill, note } = lookOf(found.ratio, scale, colours);
      const nodes = `${found.count} ${found.count === 1 ? "node" : "nodes"}`;
      const title = `epoch ${epoch}, depth ${depth}: ${note || shortNumber(found.ratio)} (${nodes})`;
      parts.push(draw("rect", { x: (left + e * cell).toFixed(2), y: y.toFixed(2), width: (cell + 0.3).toFixed(2),
        height: (row + 0.3).toFixed(2), fill, "shape-rendering": "crispEdges" }, draw("title", {}, title)));
      if (found.few) {
        parts.push(draw("circle", { cx: (left + (e + 0.5) * cell).toFixed(2), cy: (y + row / 2).toFixed(2),
          r: Math.min(3, cell / 3, row / 3).toFixed(2), fill: "#fff", stroke: "#000", "stroke-width": 0.7,
          "pointer-events": "none" }));
      }
    });
  });
  const floor = top + row * depths.length, every = Math.ceil(epochs.length / Math.max(1, Math.floor((width - left) / 34)));
  epochs.forEach((epoch, e) => {
    if (e % every === 0) parts.push(draw("text", { x: left + (e + 0.5) * cell, y: floor + 14, "text-anchor": "middle" }, String(epoch)));
  });
  parts.push(draw("text", { x: width - 8, y: floor + 28, "text-anchor": "end" }, "epoch"));
  parts.push(draw("text", { x: 0, y: floor + 28 }, "↑ depth; hatched: no such node"));
  if (few) parts.push(draw("text", { x: 0, y: floor + 42 }, `○ fewer than ${FEW} nodes in a run`));
  parts.push(draw("rect", { x: left + epochs.indexOf(now) * cell, y: top, width: cell, height: floor - top, fill: "none",
    stroke: "#000", "stroke-width": 2, "data-time": "" }));
  const text = columns.get(now).size ? `Epoch ${now}: ${factorInWords(factorPerLevel(columns.get(now)))}` : `Nothing is known of epoch ${now}.`;
  return {
    figure: svgOf(width, height, `Median gradient ratio by depth and epoch. ${text}`, parts),
    text,
    table: () => ({
      head: ["epoch", ...depths.map(depth => `depth ${depth}`)],
      rows: epochs.map(epoch => [String(epoch), ...depths.map(depth => {
        const found = columns.get(epoch).get(depth);
        return found ? `${shortNumber(found.ratio)} (${found.count})` : "";
      })]),
    }),
  };
}

// All ratios that share the scale: of the heat maps, and of the sentences through time.
function* ratiosOfGroups(chosen) {
  for (const { runs } of chosen) {
    for (const epoch of epochsOf(runs)) for (const { ratio } of depthsOf(runs, epoch).values()) yield ratio;
    const shown = shownRun(runs);
    for (const look of shown?.looks ?? []) yield* ratiosOf(look.heat);
  }
}

// The colour bar.
function colourBar(scale, colours, width) {
  const left = 24, right = width - 24, reach = Math.max(-Math.log10(scale.low), Math.log10(scale.high));
  const parts = [];
  const n = 64, low = Math.log10(scale.low), high = Math.log10(scale.high);
  const x = value => left + (right - left) * (Math.log10(value) - low) / (high - low);
  for (let k = 0; k < n; k += 1) {
    const power = low + (high - low) * (k + 0.5) / n, at = Math.trunc((0.5 + 0.5 * power / reach) * colours.length);
    parts.push(draw("rect", { x: left + (right - left) * k / n, y: 2, width: (right - left) / n + 0.4, height: 10,
      fill: colours[Math.min(colours.length - 1, Math.max(0, at))], "shape-rendering": "crispEdges" }));
  }
  let free = -Infinity;
  const powers = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, k) => 10 ** (Math.ceil(low) + k));
  const ticks = [...new Set([scale.low, ...powers, scale.high])];
  for (const tick of ticks) {
    const at = x(tick);
    if (at < free) continue;
    free = at + 44;
    const power = Math.log10(tick), name = tick >= 0.001 && tick <= 1000 ? String(Number(tick.toPrecision(1)))
      : Number.isInteger(power) ? `10${superscript(power)}` : shortNumber(tick).replace(/\.00×/, "×");
    parts.push(draw("text", { x: at, y: 25, "text-anchor": "middle" }, name));
  }
  return svgOf(width, 28, `Colours from ${scale.low} to ${scale.high}, by the logarithm; 1 is white`, parts);
}
