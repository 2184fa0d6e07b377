// Loss and accuracy by epoch: the median over the runs of a group, with their range; gates by their quantiles.

function curveView({ chosen, key, what, time, end, width, percentage }) {
  const lines = chosen.flatMap(({ name, runs, ink, dash }) => {
    const points = curveOf(runs, key).map(point => ({ ...point, time: point.epoch }));
    return points.length ? [{ name, ink, dash, points }] : [];
  });
  if (!lines.length) return null;
  const form = percentage ? value => `${Math.round(100 * value)} %` : value => String(Number(value.toPrecision(3)));
  const limits = percentage ? { low: 0, high: 1 } : { low: 0 };
  const at = lines.map(({ name, points }) => {
    const last = points.findLast(point => point.epoch <= time + 1e-9);
    return `${name} ${last ? form(last.middle) : "–"}`;
  });
  const many = Math.max(...lines.flatMap(({ points }) => points.map(({ count }) => count)));
  return {
    figure: drawLines({ width, height: 190, end, time, lines, form, what, ...limits }),
    extra: keyOf(lines),
    text: `${at.join(", ")}.${many > 1 ? ` Median and range of up to ${many} runs.` : ""}`,
    table: () => ({
      head: ["epoch", ...lines.flatMap(({ name }) => [name, "range", "runs"])],
      rows: [...new Set(lines.flatMap(({ points }) => points.map(({ epoch }) => epoch)))].sort((a, b) => a - b).map(epoch => [
        String(epoch), ...lines.flatMap(({ points }) => {
          const point = points.find(of => of.epoch === epoch);
          return point ? [form(point.middle), `${form(point.low)} to ${form(point.high)}`, String(point.count)] : ["", "", ""];
        })]),
    }),
  };
}

function gatesView({ runs, time, end, width }) {
  const run = shownRun(runs), looks = run ? run.looks.filter(look => look.gates && Object.keys(look.gates).length) : [];
  if (!looks.length) return null;
  const names = Object.keys(looks[0].gates);
  const lines = names.map((name, k) => ({
    name: `gate ${name}`, ink: INKS[k % INKS.length], dash: DASHES[k % DASHES.length],
    points: looks.filter(look => look.gates[name]).map(look => {
      const [low, middle, high] = look.gates[name].map(finite);
      return { time: timeOf(look), low, middle, high };
    }),
  }));
  const form = value => String(Number(value.toFixed(2)));
  const look = lookAt(run, time, of => of.gates) ?? looks[0];
  return {
    figure: drawLines({ width, height: 170, end, time, lines, low: 0, high: 1, form, what: "Gates" }),
    extra: keyOf(lines),
    text: `${whenOf(look)}: medians ${names.map(name => `${name} ${form(finite(look.gates[name][1]))}`).join(", ")}. Bands: from the 10 % to the 90 % quantile, over the sentence.`,
    table: () => ({
      head: ["time in epochs", ...names.flatMap(name => [`${name} 10 %`, "median", "90 %"])],
      rows: looks.map(of => [timeOf(of).toFixed(2), ...names.flatMap(name => of.gates[name].map(value => form(finite(value))))]),
    }),
  };
}
