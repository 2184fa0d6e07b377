// What is chosen, by hand or in the address, and what it changes on the screen.

const data = JSON.parse(document.getElementById("data").textContent);
const { code, runs, colours } = data;
const at = id => document.getElementById(id);
const least = Math.min(...Object.values(code).filter(value => value > 0));
const STARTS = data.ticks.slice(0, -1).filter(([value], k) => k === 0 || value <= data.scale.high / 50);  // of colours
const NAMES = ["corpus", "network", "run"];
const state = { run: runs[data.first.run], part: "h", moment: 0, place: data.first.place, from: data.first.from };
let pointed = null;

const sizesAt = moment => sentBack(state.run, moment, state.part, state.place, code);
const view = newText(at("text"), pick, place => { pointed = place; showPointed(); showCurve(); });

// All moments and networks have one scale, whatever it begins with.
const scaleNow = () => ({ low: state.from, high: data.scale.high });
const ticksNow = () => data.ticks.filter(([value]) => value >= state.from);
const fromName = () => ticksNow()[0][1];

function options(select, values, chosen) {
  select.replaceChildren(...values.map(value => make("option", { value }, value)));
  select.value = chosen;
  select.disabled = values.length < 2;
}

function showChoices() {
  const fixed = {};
  for (const name of NAMES) {
    options(at(name), choices(runs, name, fixed), state.run[name]);
    fixed[name] = state.run[name];
  }
  const parts = Object.keys(state.run.moments[0].sizes);
  options(at("part"), parts, state.part);
  for (const option of at("part").options) option.textContent = { h: "h, the state", c: "c, the memory" }[option.value] ?? option.value;
  at("from").replaceChildren(...STARTS.map(([value, name]) => make("option", { value }, name)));
  at("from").value = state.from;
  at("moment").max = state.run.moments.length - 1;
  at("moment").value = state.moment;
  at("moment").setAttribute("aria-valuetext", state.run.moments[state.moment].name);
  at("moment-value").textContent = state.run.moments[state.moment].name;
}

function said(place, sizes) {
  const name = nameOf(state.run.text[place]), back = state.place - place;
  if (back === 0) return `${name}, whose loss is followed back`;
  if (place === 0 && back < 0) return name;
  return back < 0 ? `${name}, later` : `${name}, ${back} back: ${sizeInWords(sizes[place], least)}`;
}

function showText() {
  const sizes = sizesAt(state.moment);
  view.show(state.run.text, state.place, sizes, size => lookOf(size, scaleNow(), colours), place => said(place, sizes));
  const moment = state.run.moments[state.moment], near = sizes[sizes.length - 1];
  at("chosen").replaceChildren(make("b", {}, `${nameOf(state.run.text[state.place])}, character ${state.place + 1} of ${state.run.text.length}`),
    `: a loss of ${moment.bits[state.place - 1].toFixed(2)} bits, ${moment.name}.`);
  const back = lastAbove(sizes, 0.01), most = Math.max(...sizes);
  const by = `‖∂J/∂${state.part}‖`;
  at("reaches").textContent = back === null ? `${by} is less than ${powerOf(least)} everywhere.`
    : `${by} is ${near === most ? "largest at" : `${sizeInWords(most, least)} at most; at`} the state just before, ${sizeInWords(near, least)}. `
      + `The farthest character that gets at least a hundredth of the most is ${nameOf(state.run.text[state.place - back])}, ${back} back.`;
}

function showPointed() {
  const place = pointed ?? state.place, sizes = sizesAt(state.moment);
  at("pointed").textContent = pointed === null ? "Point at a character to read its number." : `${said(place, sizes)}${place < state.place ? `  (‖∂J/∂${state.part}‖)` : ""}`;
}

function showCurve() {
  const last = state.run.moments.length - 1;
  const kinds = [["chosen", state.moment], ["first", 0], ["last", last]].filter(([kind, k]) => kind === "chosen" || k !== state.moment);
  const lines = kinds.map(([kind, k]) => ({ kind, name: state.run.moments[k].name, sizes: sizesAt(k) }));
  const back = pointed !== null && pointed < state.place ? state.place - pointed : null;
  drawCurve(at("curve"), lines, data, back, Math.max(240, Math.floor(at("curve").clientWidth)));
}

function showTable() {
  if (!at("details").open) { at("table").replaceChildren(); return; }
  const { text, moments } = state.run, columns = moments.map((_, k) => sizesAt(k));
  const rows = Array.from({ length: state.place }, (_, k) => state.place - 1 - k).map(place =>
    [nameOf(text[place]), String(state.place - place), ...columns.map(sizes => sizeInWords(sizes[place], least))]);
  const caption = `‖∂J/∂${state.part}‖ of the loss of ${nameOf(text[state.place])}, character ${state.place + 1}`;
  at("table").replaceChildren(tableOf({ head: ["state after", "back", ...moments.map(moment => moment.name)], rows }, caption));
}

function showLegend() {
  at("legend").textContent = `‖∂J/∂${state.part}‖ at the state after each character, by its logarithm. Hatched: less than ${fromName()}. `
    + "Orange: the character whose loss it is.";
}

function showBar() { drawBar(at("bar"), { scale: scaleNow(), ticks: ticksNow(), colours }, at("bar").clientWidth); }

function update() {
  const { run } = state, parts = Object.keys(run.moments[0].sizes);
  if (!parts.includes(state.part)) state.part = parts[0];
  state.moment = Math.min(state.moment, run.moments.length - 1);
  state.place = Math.min(Math.max(1, state.place), run.text.length - 1);
  showChoices();
  showText();
  showPointed();
  showCurve();
  showTable();
  showLegend();
  showBar();
  history.replaceState(null, "", address());
}

function address() {
  const { run, part, moment, place, from } = state;
  return `#${new URLSearchParams({ text: run.corpus, network: run.network, run: run.run, part, moment, place, from })}`;
}

function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1)), wrong = [];
  for (const [key, name] of [["text", "corpus"], ["network", "network"], ["run", "run"]]) {
    if (!asked.has(key)) continue;
    const fixed = Object.fromEntries(NAMES.slice(0, NAMES.indexOf(name)).map(k => [k, state.run[k]]));
    if (choices(runs, name, fixed).includes(asked.get(key))) state.run = runOf(runs, { ...state.run, [name]: asked.get(key) });
    else wrong.push(`${key} is one of ${choices(runs, name, fixed).join("; ")}, not “${asked.get(key)}”`);
  }
  const parts = Object.keys(state.run.moments[0].sizes);
  if (asked.has("part")) {
    if (parts.includes(asked.get("part"))) state.part = asked.get("part");
    else wrong.push(`part is one of ${parts.join(", ")}, not “${asked.get("part")}”`);
  }
  for (const [key, from, to] of [["moment", 0, state.run.moments.length - 1], ["place", 1, state.run.text.length - 1]]) {
    if (!asked.has(key)) continue;
    const number = Number(asked.get(key));
    if (/^\d+$/.test(asked.get(key)) && number >= from && number <= to) state[key] = number;
    else wrong.push(`${key} is a whole number from ${from} to ${to}, not “${asked.get(key)}”`);
  }
  if (asked.has("from")) {
    const starts = STARTS.map(([value]) => String(value));
    if (starts.includes(asked.get("from"))) state.from = Number(asked.get("from"));
    else wrong.push(`from is one of ${starts.join(", ")}, not “${asked.get("from")}”`);
  }
  at("notice").hidden = wrong.length === 0;
  at("notice").textContent = `The address can't be used as it is: ${wrong.join("; ")}.`;
  update();
}

function chosenByHand() { at("notice").hidden = true; update(); }

function pick(place) { state.place = Math.max(1, place); pointed = null; chosenByHand(); }

for (const name of NAMES) {
  at(name).addEventListener("change", () => {
    state.run = runOf(runs, { ...state.run, [name]: at(name).value });
    chosenByHand();
  });
}
at("part").addEventListener("change", () => { state.part = at("part").value; chosenByHand(); });
at("from").addEventListener("change", () => { state.from = Number(at("from").value); chosenByHand(); });
at("moment").addEventListener("input", () => { state.moment = Number(at("moment").value); chosenByHand(); });
at("details").addEventListener("toggle", showTable);
addEventListener("resize", () => { showBar(); showCurve(); });
addEventListener("hashchange", fromAddress);
document.documentElement.classList.add("running");
state.part = Object.keys(state.run.moments[0].sizes)[0];
state.moment = state.run.moments.length - 1;
fromAddress();
