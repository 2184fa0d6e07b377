// SVG elements, and a picture in its place; for all pages.

const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function picture(place, width, height, label, children) {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  place.replaceChildren(draw("svg", { ...size, role: "img", "aria-label": label }, ...children));
}
