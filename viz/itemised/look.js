// Colours of sizes by their logarithm, as viz.scale.NormScale, and what is said of them.

const position = (value, { low, high }) => (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));

// {fill, ink}, or null for what is less than the scale begins with.
function lookOf(value, scale, colours) {
  if (!(value >= scale.low)) return null;
  const fill = colours[Math.min(colours.length - 1, Math.max(0, Math.trunc(position(value, scale) * colours.length)))];
  return { fill, ink: inkOn(fill) };
}

// Two digits are known of a size, or less.
function sizeInWords(value, least) {
  if (!(value > 0)) return `less than ${powerOf(least)}`;
  const [mantissa, exponent] = value.toExponential(1).split("e"), power = Number(exponent);
  return power >= -3 && power <= 1 ? String(Number(value.toPrecision(2))) : `${mantissa}×10${superscript(power)}`;
}

const powerOf = value => `10${superscript(Math.round(Math.log10(value)))}`;

// The character as a name that can be read aloud and seen.
function nameOf(character) {
  const named = { " ": "space", "\n": "line break", "\t": "tab", "\r": "carriage return" };
  return named[character] ?? `“${character}”`;
}
