// From settings to what is shown.

const GATES = { lstm: ["f", "i", "o"], gru: ["u", "r"] };

// The matrices, words and cotangent that the settings ask for. All cells share W; a gate's matrix is of the same
// kind and scale, its input matrix from N(0, 1/D); the other input matrices are the identity.
function drawn(settings) {
  const { D, T, seed, input } = settings, shared = recurrent(settings, "W"), I = identity(D);
  const of = { elman: { W: shared.W, U: I }, lstm: { Wc: shared.W, Uc: I }, gru: { Wh: shared.W, Uh: I } };
  for (const [cell, gates] of Object.entries(GATES)) {
    for (const gate of gates) {
      of[cell]["W" + gate] = recurrent(settings, `${cell}.W${gate}`).W;
      of[cell]["U" + gate] = normals(seed, `${cell}.U${gate}`, D * D).map(x => x / Math.sqrt(D));
    }
  }
  const words = normals(seed, "x", T * D).map(value => input * value), g = normals(seed, "g", D), size = length(g);
  return {
    ...of, shared, g: g.map(value => value / size),
    x: Array.from({ length: T }, (_, t) => words.subarray(t * D, (t + 1) * D)),
  };
}

// Norms by step of the three cells, Elman's bound (γ‖W‖)^(T − t), the eigenvalues of W, its radius and norm.
function explore(settings) {
  const { shared, x, g, ...weights } = drawn(settings), factor = ACTIVATIONS[settings.f].most * shared.norm;
  return {
    elman: elman(weights.elman, x, g, settings.f),
    lstm: lstm(weights.lstm, x, g, settings.forget),
    gru: gru(weights.gru, x, g),
    bound: Float64Array.from({ length: settings.T + 1 }, (_, t) => factor ** (settings.T - t)),
    values: shared.values, radius: shared.radius, norm: shared.norm,
  };
}

// The number that a preset asks for: what arrives at h_0, or how many steps back the gradient is largest.
function answer(result, { line, what }) {
  const norms = result[line];
  return what === "arrives" ? norms[0] : norms.length - 1 - norms.indexOf(Math.max(...norms));
}
