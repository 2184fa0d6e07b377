// A panel of the screen: a heading, a figure, what it says in words, and the same as a table.

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
