// Eigenvalues of a matrix at a time in the unit circle; their radius and the matrix's norm over the epochs.

const spectraOf = (run, matrix) => run.looks.filter(look => look.spectrum?.[matrix]);

const matricesOf = runs => shownRun(runs)?.live.matrices ?? [];

function spectrumView({ runs, time, matrix, width, end }) {
  const run = shownRun(runs), looks = run ? spectraOf(run, matrix) : [];
  if (!looks.length) return null;
  const look = lookAt(run, time, of => of.spectrum?.[matrix]) ?? looks[0], now = look.spectrum[matrix];
  const circle = drawEigenvalues(now), line = (key, ink, dash, name) => ({
    name, ink, dash, points: looks.map(of => {
      const value = finite(of.spectrum[matrix][key]);
      return { time: timeOf(of), middle: value, low: value, high: value };
    }),
  });
  const lines = [line("norm", INKS[1], DASHES[1], "norm ‖W‖"), line("radius", INKS[0], DASHES[0], "radius")];
  const most = 1.1 * Math.max(1, ...lines.flatMap(({ points }) => points.map(({ middle }) => middle)));
  const chart = drawLines({ width: Math.max(180, width - 190), height: 178, end, time, lines, low: 0, high: most,
    form: value => String(Number(value.toFixed(2))), what: "Spectral radius and norm" });
  const figure = document.createElement("div");
  figure.className = "pair";
  figure.append(circle, chart);
  return {
    figure,
    extra: keyOf(lines),
    text: `${whenOf(look)}: radius ${now.radius.toFixed(2)}, norm ${now.norm.toFixed(2)}. The circle is the unit circle.`,
    table: () => ({
      head: ["time in epochs", "radius", "norm"],
      rows: looks.map(of => [timeOf(of).toFixed(2), shortNumber(of.spectrum[matrix].radius), shortNumber(of.spectrum[matrix].norm)]),
    }),
  };
}

function drawEigenvalues({ re, im, radius }) {
  const size = 178, middle = size / 2, most = Math.max(1.15, 1.1 * radius), at = value => middle * value / most;
  const parts = [
    draw("line", { x1: 0, x2: size, y1: middle, y2: middle, stroke: "#d9d9d9" }),
    draw("line", { x1: middle, x2: middle, y1: 0, y2: size, stroke: "#d9d9d9" }),
    draw("circle", { cx: middle, cy: middle, r: at(1), fill: "none", stroke: "#000" }),
  ];
  re.forEach((real, k) => parts.push(draw("circle", { cx: (middle + at(real)).toFixed(1), cy: (middle - at(im[k])).toFixed(1), r: 3,
    fill: "#0072b2", "fill-opacity": 0.75, "data-eigenvalue": "" })));
  return svgOf(size, size, `${re.length} eigenvalues in the complex plane with the unit circle; radius ${shortNumber(radius)}`, parts);
}
