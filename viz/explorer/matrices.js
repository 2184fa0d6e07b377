// Recurrent matrices of a kind, scaled to a norm or a radius (viz/explorer/draws.py is their twin).

const LINE = 10, SHARE = 2 / 3;  // units of a delay line; its radius as a share of its norm

function identity(n) {
  const I = new Float64Array(n * n);
  for (let i = 0; i < n; i++) I[i * n + i] = 1;
  return I;
}

// Its radius on the diagonal and a constant c above it, interrupted after every LINE units; norm 1. ‖W‖ grows with c.
function delayLine(n) {
  if (n === 1) return identity(1);
  const made = c => {
    const W = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      W[i * n + i] = SHARE;
      if (i + 1 < n && (i + 1) % LINE) W[i * n + i + 1] = c;
    }
    return W;
  };
  let low = 1 - SHARE, high = 1 + SHARE;
  for (let middle = 1; low < middle && middle < high; middle = low + (high - low) / 2) {
    if (spectralNorm(made(middle), n) < 1) low = middle; else high = middle;
  }
  return made(high);
}

const KINDS = {
  orthogonal: (n, seed, name) => orthogonalised(normals(seed, name, n * n), n),
  gaussian: (n, seed, name) => normals(seed, name, n * n),
  identity,
  delay: delayLine,
};

// Unscaled matrices are kept: moving the slider of the scale draws none anew.
const kept = new Map();

function unscaled(kind, n, seed, name) {
  const key = [kind, n, ...(KINDS[kind].length > 1 ? [seed, name] : [])].join();
  if (!kept.has(key)) {
    if (kept.size > 200) kept.clear();
    const W = KINDS[kind](n, seed, name), values = eigenvalues(W, n);
    const radius = values.reduce((most, [re, im]) => Math.max(most, Math.hypot(re, im)), 0);
    kept.set(key, { W, values, radius, norm: spectralNorm(W, n) });
  }
  return kept.get(key);
}

// {W, values, radius, norm} of the kind and scale that the settings ask for.
function recurrent({ matrix, D, seed, scale, by }, name) {
  const of = unscaled(matrix, D, seed, name), factor = scale / of[by];
  return {
    W: of.W.map(x => factor * x),
    values: of.values.map(([re, im]) => [factor * re, factor * im]),
    radius: factor * of.radius,
    norm: factor * of.norm,
  };
}
