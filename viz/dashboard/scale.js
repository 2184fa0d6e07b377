// The scale of ratios, as viz.scale.RatioScale: colours by the logarithm, 1 in the middle.

// Neighbours in 1, 2, 5, 10, …: one no larger than the value, the next one larger.
function stepsAround(value) {
  let power = Math.floor(Math.log10(value));
  if (Number(`1e${power}`) > value) power -= 1;
  else if (Number(`1e${power + 1}`) <= value) power += 1;
  const steps = [1, 2, 5, 10].map(digit => Number(`${digit}e${power}`));
  const k = steps.findIndex(step => value < step);
  return [steps[k - 1], steps[k]];
}

const roundDown = value => stepsAround(value)[0];

function roundUp(value) {
  const [low, high] = stepsAround(value);
  return low === value ? low : high;
}

// {low, high} that hold all positive values, and 1.
function fitScale(values) {
  let least = 1, most = 1;
  for (const value of values) {
    if (value > 0 && value < Infinity) { least = Math.min(least, value); most = Math.max(most, value); }
  }
  const [low, high] = [roundDown(least), roundUp(most)];
  return low === high ? { low: 0.1, high: 10 } : { low, high };
}

function shade(value, { low, high }) {
  return 0.5 + 0.5 * Math.log10(value) / Math.max(-Math.log10(low), Math.log10(high));
}

// {fill, ink, note}: what a value looks like; note says what has no colour.
function lookOf(value, scale, colours) {
  if (value === null) return { fill: "#ffffff", ink: "#000000", note: "no state" };
  if (Number.isNaN(value)) return { fill: "#ffffff", ink: "#000000", note: "not a number" };
  if (value === 0) return { fill: "#ffffff", ink: "#000000", note: "exactly zero" };
  if (value === Infinity) return { fill: "#ffffff", ink: "#000000", note: "infinite" };
  if (value < scale.low || value > scale.high) return { fill: "#ffffff", ink: "#000000", note: "outside the scale" };
  const fill = colours[Math.min(colours.length - 1, Math.max(0, Math.trunc(shade(value, scale) * colours.length)))];
  return { fill, ink: inkOn(fill), note: "" };
}
