// A panel of the screen: a heading, a figure, what it says in words, and the same as a table.

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

// A panel that keeps its place, its focus and its open table while what it shows changes.
function newPanel(title) {
  const heading = make("h3", {}, title), figure = make("div", { class: "figure" }), text = make("p", { class: "says" });
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${title}, as a table` });
  const details = make("details", {}, make("summary", {}, "as a table"), scroll);
  const element = make("section", { class: "panel" }, heading, figure, text, details);
  let shown = null;
  const fill = () => scroll.replaceChildren(...(details.open && shown ? [tableOf(shown.table(), title)] : []));
  details.addEventListener("toggle", fill);
  return {
    element,
    width: () => Math.max(240, Math.floor(element.clientWidth)),
    show(view, otherwise) {
      shown = view;
      details.hidden = !view;
      figure.replaceChildren(...(view ? [view.figure, ...(view.extra ? [view.extra] : [])] : []));
      text.textContent = view ? view.text : otherwise;
      fill();
    },
  };
}
