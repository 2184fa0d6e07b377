// Elman network, LSTM and GRU over one chain, forward and backward: the equations of models/cells. Each function
// takes weights by their names there, the words x (an array of vectors), the cotangent g of the last state, and
// returns ‖∂J/∂h_t‖ for t = 0 … T, where J = g · h_T and h_0 = 0.

const sigmoid = z => 1 / (1 + Math.exp(-z));

// Activations with their slope as a function of the value y = f(z), and the largest slope γ.
const ACTIVATIONS = {
  tanh: { f: Math.tanh, slope: y => 1 - y * y, most: 1 },
  sigmoid: { f: sigmoid, slope: y => y * (1 - y), most: 0.25 },
  relu: { f: z => Math.max(z, 0), slope: y => (y > 0 ? 1 : 0), most: 1 },
  softsign: { f: z => z / (1 + Math.abs(z)), slope: y => (1 - Math.abs(y)) ** 2, most: 1 },
};

// f(W h + U x + bias), elementwise
function layer(f, W, h, U, x, bias = 0) {
  return addProduct(addProduct(new Float64Array(h.length).fill(bias), W, h), U, x).map(f);
}

function elman({ W, U }, x, g, name) {
  const { f, slope } = ACTIVATIONS[name], h = [new Float64Array(g.length)];
  for (const word of x) h.push(layer(f, W, h.at(-1), U, word));
  const norms = new Float64Array(h.length);
  let dh = g;
  for (let t = x.length; t > 0; t--) {
    norms[t] = length(dh);
    dh = addTransposed(new Float64Array(g.length), W, dh.map((d, k) => d * slope(h[t][k])));
  }
  norms[0] = length(dh);
  return norms;
}

function lstm(p, x, g, forget) {
  const n = g.length, steps = [{ h: new Float64Array(n), c: new Float64Array(n) }];
  for (const word of x) {
    const { h, c } = steps.at(-1);
    const f = layer(sigmoid, p.Wf, h, p.Uf, word, forget), i = layer(sigmoid, p.Wi, h, p.Ui, word);
    const o = layer(sigmoid, p.Wo, h, p.Uo, word), candidate = layer(Math.tanh, p.Wc, h, p.Uc, word);
    const memory = c.map((value, k) => f[k] * value + i[k] * candidate[k]), squashed = memory.map(Math.tanh);
    steps.push({ f, i, o, candidate, c: memory, squashed, h: squashed.map((value, k) => o[k] * value) });
  }
  const norms = new Float64Array(steps.length);
  let dh = g, dc = new Float64Array(n);
  for (let t = x.length; t > 0; t--) {
    norms[t] = length(dh);
    const { f, i, o, candidate, squashed } = steps[t], before = steps[t - 1].c;
    const output = dh.map((d, k) => d * squashed[k] * o[k] * (1 - o[k]));
    dc = dc.map((d, k) => d + dh[k] * o[k] * (1 - squashed[k] ** 2));
    dh = addTransposed(new Float64Array(n), p.Wo, output);
    addTransposed(dh, p.Wf, dc.map((d, k) => d * before[k] * f[k] * (1 - f[k])));
    addTransposed(dh, p.Wi, dc.map((d, k) => d * candidate[k] * i[k] * (1 - i[k])));
    addTransposed(dh, p.Wc, dc.map((d, k) => d * i[k] * (1 - candidate[k] ** 2)));
    dc = dc.map((d, k) => d * f[k]);
  }
  norms[0] = length(dh);
  return norms;
}

function gru(p, x, g) {
  const n = g.length, steps = [{ h: new Float64Array(n) }];
  for (const word of x) {
    const { h } = steps.at(-1);
    const u = layer(sigmoid, p.Wu, h, p.Uu, word), r = layer(sigmoid, p.Wr, h, p.Ur, word);
    const fresh = layer(Math.tanh, p.Wh, h.map((value, k) => r[k] * value), p.Uh, word);
    steps.push({ u, r, fresh, h: h.map((value, k) => (1 - u[k]) * value + u[k] * fresh[k]) });
  }
  const norms = new Float64Array(steps.length);
  let dh = g;
  for (let t = x.length; t > 0; t--) {
    norms[t] = length(dh);
    const { u, r, fresh } = steps[t], before = steps[t - 1].h;
    const update = dh.map((d, k) => d * (fresh[k] - before[k]) * u[k] * (1 - u[k]));
    const inner = dh.map((d, k) => d * u[k] * (1 - fresh[k] ** 2));
    const reset = addTransposed(new Float64Array(n), p.Wh, inner);
    dh = dh.map((d, k) => d * (1 - u[k]) + reset[k] * r[k]);
    addTransposed(dh, p.Wu, update);
    addTransposed(dh, p.Wr, reset.map((d, k) => d * before[k] * r[k] * (1 - r[k])));
  }
  norms[0] = length(dh);
  return norms;
}
