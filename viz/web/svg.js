// SVG elements, numbers as text, and a picture in its place; for all pages.

const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const superscript = power => String(power).replace(/./g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

// As viz.text.short_number: three significant digits.
function shortNumber(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const [mantissa, exponent] = value.toExponential(2).split("e"), power = Number(exponent);
  return power >= -3 && power <= 2 ? Number(`${mantissa}e${power}`).toFixed(2 - power)
    : `${mantissa}×10${superscript(power)}`;
}

function picture(place, width, height, label, children) {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  place.replaceChildren(draw("svg", { ...size, role: "img", "aria-label": label }, ...children));
}
