// What is chosen, by whom, and the panels that show it.

const at = id => document.getElementById(id);
const colours = JSON.parse(at("colours").textContent), saved = JSON.parse(at("data").textContent);
const store = newStore(saved !== null), STEP = 0.05, MOST_GROUPS = 4;
const state = { time: 0, follow: true, chosen: null, matrix: new Map(), playing: null, onChoice: () => {} };
const panels = new Map();

const NO_RATIOS = "No gradient ratios: these rows have none, and nobody looked at the training (--live).";
const NO_LOOKS = "Nobody looked at this training: --live does.";

// The groups that are shown at first: those with ratios before others.
function firstChoice(groups) {
  const known = [...groups].filter(([, runs]) => runs.some(run => [...run.epochs.values()].some(of => of.rows?.by_depth || of.looks)));
  return new Set((known.length ? known : [...groups]).slice(0, 2).map(([name]) => name));
}

function chosenGroups(groups) {
  const names = state.chosen ?? firstChoice(groups);
  return [...groups].filter(([name]) => names.has(name)).slice(0, MOST_GROUPS).map(([name, runs], k) =>
    ({ name, runs, ink: INKS[k], dash: DASHES[k] }));
}

function panel(part, name, title) {
  const key = `${part}:${name}`, place = document.querySelector(`[data-part="${part}"] .columns`);
  if (!panels.has(key)) panels.set(key, { ...newPanel(title), part, name });
  const found = panels.get(key);
  if (found.element.parentNode !== place) place.append(found.element);
  return found;
}

function dropPanels(chosen) {
  const names = new Set([...chosen.map(({ name }) => name), "loss", "accuracy"]);
  for (const [key, of] of panels) if (!names.has(of.name)) { of.element.remove(); panels.delete(key); }
}

function showMatrixChoice(found, { name, runs }) {
  const matrices = matricesOf(runs), heading = found.element.querySelector("h3");
  let select = heading.querySelector("select");
  if (!matrices.length) { select?.remove(); return; }
  if (!select) {
    select = make("select", { "aria-label": `Matrix of ${name}` });
    select.addEventListener("change", () => { state.matrix.set(name, select.value); render(); });
    heading.append(" ", select);
  }
  if (select.childElementCount !== matrices.length) select.replaceChildren(...matrices.map(of => make("option", { value: of }, of)));
  if (!matrices.includes(state.matrix.get(name))) state.matrix.set(name, matrices[0]);
  select.value = state.matrix.get(name);
}

// A name that may be broken after a slash.
const breakable = name => name.split(/(?<=\/)/).flatMap(part => [part, make("wbr")]);

function showGroups(groups, chosen) {
  const wanted = at("filter").value.trim().toLowerCase(), names = new Set(chosen.map(({ name }) => name));
  const listed = [...groups].filter(([name]) => name.toLowerCase().includes(wanted));
  const focused = document.activeElement?.value, inside = at("groups").contains(document.activeElement);
  at("groups").replaceChildren(...listed.map(([name, runs]) => {
    const box = make("input", { type: "checkbox", value: name });
    box.checked = names.has(name);
    box.disabled = !box.checked && names.size >= MOST_GROUPS;
    box.addEventListener("change", () => choose(groups, name, box.checked));
    const alerts = runs.reduce((sum, run) => sum + run.alerts.length, 0), many = runs.length === 1 ? "1 run" : `${runs.length} runs`;
    return make("label", {}, box, make("span", {}, ...breakable(name)), make("small", {}, `${many}${alerts ? `, ${alerts} alert${alerts > 1 ? "s" : ""}` : ""}`));
  }));
  if (!listed.length) at("groups").append(make("p", {}, groups.size ? "None is named so." : "No run yet."));
  if (inside) [...at("groups").querySelectorAll("input")].find(box => box.value === focused)?.focus();
}

function choose(groups, name, wanted) {
  state.chosen = new Set(chosenGroups(groups).map(of => of.name));
  if (wanted) state.chosen.add(name); else state.chosen.delete(name);
  state.onChoice();
  render();
}

function showTime(end) {
  const most = Math.ceil(end / STEP - 1e-9) * STEP;
  if (state.follow) state.time = most;
  state.time = Math.min(state.time, most);
  at("time").max = most.toFixed(2);
  at("time").value = state.time.toFixed(2);
  at("time").setAttribute("aria-valuetext", `epoch ${state.time.toFixed(2)}`);
  at("time-value").textContent = `epoch ${state.time.toFixed(2)} of ${end.toFixed(end % 1 ? 2 : 0)}`;
  at("follow").checked = state.follow;
}

function showAlerts(chosen) {
  const alerts = alertsOf(chosen), list = at("alerts").querySelector("ol"), key = JSON.stringify(alerts);
  at("no-alerts").hidden = alerts.length > 0;
  list.hidden = !alerts.length;
  if (list.dataset.key === String(key.length) && list.childElementCount === alerts.length) return;
  list.dataset.key = String(key.length);
  list.replaceChildren(...alerts.map(({ text, time }) => {
    const button = make("button", { type: "button", "aria-label": `Go to ${text}` }, "go there");
    button.addEventListener("click", () => { state.follow = false; stop(); state.time = Math.ceil(time / STEP - 1e-9) * STEP; render(); });
    return make("li", {}, text, button);
  }));
}

function showProblems() {
  const found = [...store.problems].map(([where, text]) => `${where}: ${text}`);
  at("problems").hidden = !found.length;
  at("problems").querySelector("ul").replaceChildren(...found.map(text => make("li", {}, text)));
}

function render() {
  const groups = groupsOf(store), chosen = chosenGroups(groups), { matrix } = state;
  const end = Math.max(1, ...chosen.map(({ runs }) => lastOf(runs)));
  showTime(end);
  showGroups(groups, chosen);
  showProblems();
  dropPanels(chosen);
  document.querySelector("main").style.setProperty("--columns", Math.max(1, chosen.length));
  document.querySelector("[data-part=curves] .columns").style.setProperty("--columns", 2);
  const seen = chosen.some(({ runs }) => shownRun(runs)), alarmed = chosen.some(({ runs }) => runs.some(run => run.alerts.length));
  at("nobody").hidden = seen || !chosen.length;
  for (const part of ["sentence", "spectrum", "gates"]) document.querySelector(`[data-part=${part}]`).hidden = !seen;
  document.querySelector("[data-part=rules]").hidden = !seen && !alarmed;
  document.querySelector(".bar").hidden = !chosen.some(({ runs }) => seen || runs.some(run => [...run.epochs.keys()].some(epoch => epochOf(run, epoch).byDepth)));
  const scale = fitScale(ratiosOfGroups(chosen)), { time } = state;
  document.querySelector(".bar").replaceChildren(...(chosen.length ? [colourBar(scale, colours, 330)] : []));
  const epochs = epochsOf(chosen.flatMap(({ runs }) => runs.filter(run => epochsOf([run]).some(epoch => epochOf(run, epoch).byDepth))));
  for (const group of chosen) {
    const parts = ["ratios", "sentence", "spectrum", "gates", "rules"].map(part => [part, panel(part, group.name, group.name)]);
    for (const [part, found] of parts) {
      const given = { ...group, time, end, epochs, scale, colours, width: found.width() };
      if (part === "ratios") found.show(heatMap(given), NO_RATIOS);
      if (part === "sentence") found.show(sentenceView(given), NO_LOOKS);
      if (part === "gates") found.show(gatesView(given), shownRun(group.runs) ? "This cell has no gates." : NO_LOOKS);
      if (part === "rules") found.show(rulesView(given), "No rule has seen enough.");
      if (part === "spectrum") {
        showMatrixChoice(found, group);
        found.show(spectrumView({ ...given, matrix: matrix.get(group.name) }), NO_LOOKS);
      }
    }
  }
  for (const [key, what] of [["loss", "Loss"], ["accuracy", "Accuracy on dev"]]) {
    const found = panel("curves", key, what);
    found.show(curveView({ chosen, key, what, time, end, width: found.width(), percentage: key === "accuracy" }), "None yet.");
  }
  showAlerts(chosen);
}

let waiting = false;
function renderSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => requestAnimationFrame(() => { waiting = false; render(); }), 100);
}

function stop() {
  clearInterval(state.playing);
  state.playing = null;
  at("play").textContent = "▶ Play";
}

function play() {
  if (state.playing) { stop(); return; }
  state.follow = false;
  if (state.time >= Number(at("time").max)) state.time = 0;
  at("play").textContent = "■ Stop";
  const each = Math.max(STEP, Math.round(Number(at("time").max) / 100 / STEP) * STEP);
  state.playing = setInterval(() => {
    state.time += each;
    if (state.time >= Number(at("time").max)) stop();
    render();
  }, 150);
}

at("time").addEventListener("input", () => { state.follow = false; stop(); state.time = Number(at("time").value); render(); });
at("follow").addEventListener("change", () => { state.follow = at("follow").checked; stop(); render(); });
at("play").addEventListener("click", play);
at("filter").addEventListener("input", render);
at("time-bar").addEventListener("submit", event => event.preventDefault());
addEventListener("resize", renderSoon);

// How many runs there are, and how many of them have ended.
function told() {
  const runs = [...store.runs.values()], ended = runs.filter(endOf).length, failed = runs.filter(run => endOf(run) === "failed").length;
  return `${ended} of ${runs.length} runs have ended${failed ? `, ${failed} of them failed` : ""}`;
}
