// Runs the script of a page of epochs on as little of a browser as it needs, moves the slider, and prints
// what every node looks like then: `node slider_page.js PAGE POSITION`.
const fs = require("fs");
const page = fs.readFileSync(process.argv[2], "utf8");

class Element {
  constructor(tag, attributes) { Object.assign(this, { tag, attributes, children: [], text: "", listeners: {} }); }
  getAttribute(name) { return this.attributes[name]; }
  setAttribute(name, value) { this.attributes[name] = value; }
  setAttributeNS(space, name, value) { this.attributes[name] = value; }
  addEventListener(event, listener) { this.listeners[event] = listener; }
  get textContent() { return this.text + this.children.map(child => child.textContent).join(""); }
  set textContent(text) { this.children = []; this.text = text; }
  get value() { return this.attributes.value; }
  below() { return this.children.flatMap(child => [child, ...child.below()]); }
  fits(selector) {
    if (selector === "g.node") return this.tag === "g" && this.attributes.class === "node";
    if (selector.startsWith("script[")) return this.tag === "script" && this.attributes.type === "application/json";
    return this.tag === selector;
  }
  querySelectorAll(selectors) {
    return this.below().filter(element => selectors.split(", ").some(selector => element.fits(selector)));
  }
  querySelector(selectors) { return this.querySelectorAll(selectors)[0]; }
}

const plain = text => text.replace(/&#10;/g, "\n").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const token = /<(\/?)([a-zA-Z!][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>|([^<]+)/g;
const root = new Element("root", {}), open = [root], scripts = [];
for (let match; (match = token.exec(page)); ) {
  const [, closing, tag, attributes, alone, text] = match;
  if (text !== undefined) { open.at(-1).text += plain(text); continue; }
  if (closing) { if (open.at(-1).tag === tag) open.pop(); continue; }
  const found = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, plain(value)]);
  const element = new Element(tag, Object.fromEntries(found));
  open.at(-1).children.push(element);
  if (tag === "script") {
    const end = page.indexOf("</script>", token.lastIndex);
    element.text = page.slice(token.lastIndex, end);
    token.lastIndex = end + "</script>".length;
    scripts.push(element);
  } else if (!alone && !["meta", "input", "!DOCTYPE"].includes(tag)) open.push(element);
}

global.document = { getElementById: id => root.below().find(element => element.attributes.id === id) };
eval(scripts[1].text);
const slider = root.querySelector("input");
slider.attributes.value = process.argv[3];
slider.listeners.input();
const nodes = root.querySelectorAll("g.node").map(node => [node.querySelector("title").textContent, {
  text: node.querySelectorAll("text").map(line => line.textContent),
  fills: [...new Set(node.querySelectorAll("polygon, path").map(shape => shape.attributes.fill))],
  tooltip: node.querySelector("a").attributes["xlink:title"],
}]);
console.log(JSON.stringify({ title: root.querySelector("output").textContent, nodes: Object.fromEntries(nodes) }));
