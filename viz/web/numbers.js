// Numbers as text; for all pages.

const superscript = power => String(power).replace(/./g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

// As viz.text.short_number: three significant digits.
function shortNumber(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const [mantissa, exponent] = value.toExponential(2).split("e"), power = Number(exponent);
  return power >= -3 && power <= 2 ? Number(`${mantissa}e${power}`).toFixed(2 - power)
    : `${mantissa}×10${superscript(power)}`;
}
