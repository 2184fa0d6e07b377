// The text: a character each, coloured by what the chosen one's loss sends to the state after it.

const SHOWN = { "\n": "↵", "\t": "⇥", "\r": "␍" };

// Fill the list; `pick` is called with a place, `point` with a place or null.
function newText(list, pick, point) {
  let text = null, options = [];
  list.addEventListener("click", event => {
    const option = event.target.closest("[role=option]");
    if (option) pick(Number(option.dataset.place));
  });
  list.addEventListener("pointerover", event => {
    const option = event.target.closest("[role=option]");
    point(option ? Number(option.dataset.place) : null);
  });
  list.addEventListener("pointerleave", () => point(null));
  list.addEventListener("keydown", event => {
    const at = options.findIndex(option => option.getAttribute("aria-selected") === "true");
    const to = moved(options, at, event.key);
    if (to === null || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    pick(to);
  });
  return {
    // sizes: of the places before `place`; say: a place's words, for who does not see colours.
    show(newText, place, sizes, colourOf, say) {
      if (newText !== text) {
        text = newText;
        options = text.map((character, k) => make("span", { role: "option", id: `at-${k}`, "data-place": k }, SHOWN[character] ?? character));
        list.replaceChildren(...options.flatMap((option, k) => (text[k] === "\n" ? [option, make("br")] : [option])));
        options[0].setAttribute("aria-disabled", "true");
      }
      options.forEach((option, k) => {
        const look = k < place ? colourOf(sizes[k]) : null;
        option.style.background = look?.fill ?? "";
        option.style.color = look?.ink ?? "";
        option.dataset.look = k > place ? "later" : k === place ? "chosen" : look ? "size" : "less";
        option.setAttribute("aria-selected", String(k === place));
        option.setAttribute("aria-label", say(k));
        option.title = say(k);
      });
      list.setAttribute("aria-activedescendant", `at-${place}`);
    },
  };
}

// Where a key leads from a place: null where it leads nowhere. The first character has no loss.
function moved(options, at, key) {
  const last = options.length - 1;
  if (key === "ArrowLeft") return Math.max(1, at - 1);
  if (key === "ArrowRight") return Math.min(last, at + 1);
  if (key === "Home" || key === "End") {
    const row = rowOf(options, heightOf(options[at]));
    return Math.max(1, key === "Home" ? row[0] : row[row.length - 1]);
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const tops = [...new Set(options.map(heightOf))], to = tops[tops.indexOf(heightOf(options[at])) + (key === "ArrowUp" ? -1 : 1)];
  if (to === undefined) return at;
  const row = rowOf(options, to), left = options[at].offsetLeft;
  return Math.max(1, row.reduce((best, k) => (Math.abs(options[k].offsetLeft - left) < Math.abs(options[best].offsetLeft - left) ? k : best)));
}

const heightOf = option => option.offsetTop;
const rowOf = (options, height) => options.map((_, k) => k).filter(k => heightOf(options[k]) === height);
