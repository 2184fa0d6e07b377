// Where the nodes of a sentence stand: leaves in a row, a parent in the middle above its children.

// {x, y, leaves, levels}: x in leaves from 0, y in levels from the root's 0, both arrays by row; the root comes last.
function placeTree({ left, right }) {
  const n = left.length, x = new Array(n).fill(0), y = new Array(n).fill(0);
  let leaves = 0, levels = 0;
  const stack = [n - 1];
  const order = [];
  while (stack.length) {  // a node before its children, the left one first
    const row = stack.pop();
    order.push(row);
    if (left[row] < 0) { x[row] = leaves; leaves += 1; continue; }
    for (const child of [right[row], left[row]]) { y[child] = y[row] + 1; stack.push(child); }
  }
  for (const row of order.reverse()) {
    levels = Math.max(levels, y[row]);
    if (left[row] >= 0) x[row] = (x[left[row]] + x[right[row]]) / 2;
  }
  return { x, y, leaves, levels };
}

// A chain as a row of its words, each with the state that has just read it: [{word, row}].
function placeChain({ left, right, words }) {
  return left.flatMap((child, row) => (child >= 0 ? [{ word: words[right[row]] ?? "", row }] : []));
}

// The words below a node, the first six of them.
function spanOf({ left, right, words }, row) {
  const found = [], stack = [row];
  while (stack.length && found.length < 7) {
    const at = stack.pop();
    if (left[at] < 0) { if (words[at] !== null) found.push(words[at]); }
    else stack.push(right[at], left[at]);
  }
  return found.length > 6 ? `${found.slice(0, 6).join(" ")} …` : found.join(" ");
}

// Norms as shares of the root's; null where a node has none.
function ratiosOf(heat) {
  const root = finite(heat[heat.length - 1]);
  return heat.map(norm => (norm === null ? null : norm === "Infinity" ? Infinity : finite(norm) / root));
}
