// Controls, presets and the player, and what they change on the screen.

const { controls, defaults, presets, looks, strip } = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
let settings = { ...defaults }, t = 0, result = null, playing = null;

function showSettings() {
  for (const [name, control] of Object.entries(controls)) {
    at(name).value = settings[name];
    if (!control.values) at(`${name}-value`).textContent = String(settings[name]).replace("-", "−");
  }
  const chosen = presets.find(preset => Object.keys(defaults).every(name => preset.settings[name] === settings[name]));
  for (const button of document.querySelectorAll("nav button")) {
    button.setAttribute("aria-pressed", String(button.dataset.preset === chosen?.name));
  }
  const back = answer(result, { line: "elman", what: "turns" });
  at("question").textContent = chosen?.question ?? "Settings of your own: what arrives at h₀?";
  at("reply").textContent = chosen?.answer ?? `Elman ${shortNumber(result.elman[0])}, LSTM ${shortNumber(result.lstm[0])}, `
    + `GRU ${shortNumber(result.gru[0])}. Elman's is largest ${back ? `${back} step${back > 1 ? "s" : ""} back` : "at the end"}.`;
}

function row(cells, heading = "td") {
  const line = document.createElement("tr");
  line.append(...cells.map((cell, k) => {
    const element = document.createElement(k ? heading : "th");
    element.append(cell);
    return element;
  }));
  return line;
}

function showStep() {
  drawFlow(at("flow"), result, looks, settings.T, t);
  drawStrip(at("strip"), result, looks, strip, settings.T, t);
  at("t").max = settings.T;
  at("t").value = t;
  at("t-value").textContent = t;
  at("readout").caption.textContent = `At step ${t}, ${settings.T - t} back from the end:`;
  at("readout").tBodies[0].replaceChildren(...Object.entries(looks).map(([line, { name, colour, dash }]) => {
    const key = draw("svg", { width: 34, height: 10, "aria-hidden": "true", style: "display: inline-block" },
      draw("line", { x1: 0, x2: 34, y1: 5, y2: 5, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash }));
    const label = document.createElement("span");
    label.append(key, ` ${name}`);
    return row([label, shortNumber(result[line][t])]);
  }));
}

function showResult() {
  drawCircle(at("circle"), result);
  const { radius, norm } = result;
  const sizes = `Radius ${radius.toFixed(2)}, norm ${norm.toFixed(2)}.`;
  at("circle-text").textContent = `Unit circle (black) and radius (dashed). ${sizes}`;
  at("distance").textContent = `${settings.T} words away`;
  const names = Object.keys(looks), [head, body] = [at("numbers").tHead, at("numbers").tBodies[0]];
  head.replaceChildren(row(["t", ...names.map(line => looks[line].name)], "th"));
  const numbers = k => names.map(line => shortNumber(result[line][k]));
  body.replaceChildren(...Array.from(result.elman, (_, k) => row([String(k), ...numbers(k)])));
}

function update() {
  t = Math.min(t, settings.T);
  result = explore(settings);
  showSettings();
  showResult();
  showStep();
  remember();
}

function remember() { history.replaceState(null, "", addressOf(settings, t)); }

function stop() {
  clearInterval(playing);
  playing = null;
  at("play").textContent = "▶ Play";
}

function play() {
  if (playing) { stop(); remember(); return; }
  t = settings.T;
  showStep();
  at("play").textContent = "■ Stop";
  playing = setInterval(() => {
    if (t > 0) { t -= 1; showStep(); }
    if (t === 0) { stop(); remember(); }
  }, Math.min(250, 6000 / settings.T));
}

function fromAddress() {
  const read = readAddress(location.hash, controls, defaults);
  stop();
  ({ settings, t } = read);
  at("notice").hidden = read.wrong.length === 0;
  at("notice").textContent = `The address can't be used as it is: ${read.wrong.join("; ")}.`;
  update();
}

for (const [name, control] of Object.entries(controls)) {
  at(name).addEventListener("input", () => {
    const text = at(name).value;
    at("notice").hidden = true;  // of an address that is no longer there
    settings[name] = control.values ? control.values.find(value => String(value) === text) : Number(text);
    stop();
    update();
  });
}
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => {
    at("notice").hidden = true;
    settings = { ...presets.find(preset => preset.name === button.dataset.preset).settings };
    t = 0;
    stop();
    update();
  });
}
at("t").addEventListener("input", () => { stop(); t = Number(at("t").value); showStep(); remember(); });
at("play").addEventListener("click", play);
addEventListener("hashchange", fromAddress);
addEventListener("resize", () => showStep());
document.documentElement.classList.add("running");
fromAddress();
