// Computes what the explorer's page computes, with the page's own script: `node explorer_page.js PAGE < JOBS`.
// JOBS: {"settings": […], "addresses": […], "facts": [[settings, fact], …]}; arrays of numbers go out as base64.
const fs = require("fs");
const page = fs.readFileSync(process.argv[2], "utf8"), jobs = JSON.parse(fs.readFileSync(0, "utf8"));
const text = (start, end) => page.slice(page.indexOf(start) + start.length).split(end)[0];
const data = JSON.parse(text('<script type="application/json" id="data">', "</script>"));
const names = "drawn, explore, answer, readAddress, addressOf, eigenvalues, normals, ACTIVATIONS";
const of = new Function(`${text('<script id="model">', "</script>")}; return { ${names} };`)();

const bytes = numbers => Buffer.from(Float64Array.from(numbers).buffer).toString("base64");
const settings = jobs.settings.map(setting => {
  const made = of.drawn(setting), result = of.explore(setting), weights = {};
  for (const cell of ["elman", "lstm", "gru"]) {
    weights[cell] = Object.fromEntries(Object.entries(made[cell]).map(([name, W]) => [name, bytes(W)]));
  }
  const norms = Object.fromEntries(["elman", "lstm", "gru", "bound"].map(line => [line, bytes(result[line])]));
  const { radius, norm } = result;
  return { weights, x: bytes(made.x.flatMap(word => [...word])), g: bytes(made.g), norms, radius, norm, values: result.values };
});
const addresses = jobs.addresses.map(address => of.readAddress(address, data.controls, data.defaults));
const facts = jobs.facts.map(([setting, fact]) => of.answer(of.explore(setting), fact));
const slopes = Object.fromEntries(Object.entries(of.ACTIVATIONS).map(([name, { most }]) => [name, most]));
const written = of.addressOf(data.defaults, 3);
console.log(JSON.stringify({ settings, addresses, facts, slopes, written, data }));
