// Answers questions about the dashboard's functions: the page on standard input's first line's path, then JSON.
const fs = require("fs");
const { page, ask } = JSON.parse(fs.readFileSync(0, "utf8"));
const text = fs.readFileSync(page, "utf8");
const script = text.slice(text.indexOf('<script id="model">') + 19, text.indexOf('<script id="screen">')).replace("</script>", "");
const colours = JSON.parse(text.match(/id="colours">(.*?)<\/script>/s)[1]);
const plain = value => (typeof value === "number" && !Number.isFinite(value) ? String(value)
  : value instanceof Map ? [...value.entries()].map(plain) : Array.isArray(value) ? value.map(plain)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)])) : value);
const run = new Function("ask", "colours", `${script}
  const stored = () => { const store = newStore(true); for (const record of ask.records) addRecord(store, record); return store; };
  return eval("(" + ask.code + ")");`);
process.stdout.write(JSON.stringify(plain(run(ask, colours))));
