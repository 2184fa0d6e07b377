// HTML elements, and tables of them; for all pages.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function tableOf({ head, rows }, caption) {
  const cells = (row, all) => row.map((text, k) => make(all || k === 0 ? "th" : "td", { scope: all ? "col" : "row" }, text));
  const body = rows.map(row => {
    const line = make("tr", {}, ...cells(row, false));
    for (const cell of line.querySelectorAll("td")) cell.removeAttribute("scope");
    return line;
  });
  return make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...cells(head, true))), make("tbody", {}, ...body));
}
