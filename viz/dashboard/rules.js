// Rules of the monitor as strips over time, and alerts as a log.

const BAD = "#b34700", FINE = "#7fb8a4";

// The rules' verdicts through the looks of the shown run; where there are none, the alerts of its epochs alone.
function rulesView({ runs, time, end, width }) {
  const run = shownRun(runs) ?? runs.find(of => of.alerts.length);
  if (!run) return null;
  const names = [...new Set([...run.looks.flatMap(look => Object.keys(look.rules ?? {})), ...run.alerts.map(alert => alert.rule)])].sort();
  if (!names.length) return null;
  const left = 82, right = width - 12, row = 20, x = of => left + (right - left) * of / end, parts = [];
  names.forEach((name, k) => {
    const y = 6 + k * row;
    parts.push(draw("text", { x: left - 6, y: y + 12, "text-anchor": "end" }, name));
    parts.push(draw("rect", { x: left, y, width: right - left, height: row - 6, fill: "#fff", stroke: "#808080" }));
    run.looks.forEach((look, l) => {
      const verdict = look.rules?.[name];
      if (!verdict) return;
      const from = x(timeOf(look)), to = x(l + 1 < run.looks.length ? timeOf(run.looks[l + 1]) : Math.max(timeOf(look), lastTime(run)));
      const bad = Boolean(verdict[1]), title = `${whenOf(look)}: ${shortNumber(finite(verdict[0]))}, threshold ${verdict[2]}`;
      parts.push(draw("rect", { x: from.toFixed(1), y: bad ? y : y + 4, width: Math.max(1, to - from + 0.3).toFixed(1), height: bad ? row - 6 : row - 14,
        fill: bad ? BAD : FINE, "data-verdict": bad ? "bad" : "fine" }, draw("title", {}, title)));
    });
    for (const alert of run.alerts.filter(of => of.rule === name)) {
      const at = x(timeOf(alert));
      parts.push(draw("path", { d: `M${at.toFixed(1)},${y + row - 6} l-4,6 h8 z`, fill: "#000", "data-alert": "" }, draw("title", {}, alert.message ?? alert.rule)));
    }
  });
  const floor = 6 + names.length * row;
  for (const tick of wholeTicks(end, 8)) parts.push(draw("text", { x: x(tick), y: floor + 14, "text-anchor": "middle" }, String(tick)));
  parts.push(draw("text", { x: left - 6, y: floor + 14, "text-anchor": "end" }, "epoch"));
  parts.push(draw("line", { x1: x(time), x2: x(time), y1: 2, y2: floor, stroke: "#000", "stroke-dasharray": "3,2", "data-time": "" }));
  const now = lookAt(run, time, of => of.rules), bad = now ? Object.entries(now.rules).filter(([, of]) => of[1]).map(([name]) => name) : [];
  return {
    figure: svgOf(width, floor + 18, `Rules over time; at this time bad: ${bad.join(", ") || "none"}`, parts),
    text: `${run.name}. High and red: bad; low and green: fine; empty: too few seen; ▲ alert.`,
    table: () => ({
      head: ["time in epochs", ...names],
      rows: run.looks.map(look => [timeOf(look).toFixed(2), ...names.map(name => {
        const verdict = look.rules?.[name];
        return verdict ? `${shortNumber(finite(verdict[0]))}${verdict[1] ? " bad" : ""}` : "";
      })]),
    }),
  };
}

// All alerts of the chosen groups, in time: [{text, time}].
function alertsOf(chosen) {
  const found = chosen.flatMap(({ runs }) => runs.flatMap(run => run.alerts.map(alert => ({ run, alert, time: timeOf(alert) }))));
  found.sort((a, b) => a.time - b.time || inOrder(a.run.name, b.run.name));
  return found.map(({ run, alert, time }) => {
    const when = `${run.name}, epoch ${alert.epoch}${alert.batch ? `, minibatch ${alert.batch}` : ""}`;
    const value = alert.value === null || alert.value === undefined ? "" : ` ${shortNumber(finite(alert.value))}`;
    const where = [alert.node, alert.parameter].filter(Boolean).join(", ");
    return { text: `${when}: ${alert.rule}${alert.message ? `, ${alert.message}` : value}${where ? `; worst at ${where}` : ""}`, time };
  });
}
