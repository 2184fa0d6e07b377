// Runs that differ in their number only are one group: what is shown of it is over all of them, never a sample.

// "length/03/RLSTM/2" is run 2 of length/03/RLSTM.
const groupName = name => name.replace(/\/\d+$/, "");

// Run 10 comes after run 9.
const inOrder = (one, other) => one.localeCompare(other, "en", { numeric: true });

function groupsOf(store) {
  const groups = new Map();
  for (const run of [...store.runs.values()].sort((a, b) => inOrder(a.name, b.name))) {
    const name = groupName(run.name);
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return groups;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const lastOf = runs => Math.max(0, ...runs.map(lastTime));

// The numbers of all epochs of some runs, in order, the one under way included.
function epochsOf(runs) {
  const numbers = new Set(runs.flatMap(epochNumbers));
  for (const run of runs) for (const look of run.looks) if (look.by_depth) numbers.add(look.epoch);
  return [...numbers].sort((a, b) => a - b);
}

// [{epoch, middle, low, high, count}] of a number per epoch, "loss" or "accuracy", over the runs that have it.
function curveOf(runs, key) {
  return epochsOf(runs).flatMap(epoch => {
    const values = runs.map(run => epochOf(run, epoch)[key]).filter(value => value !== null);
    if (!values.length) return [];
    return [{ epoch, middle: median(values), low: Math.min(...values), high: Math.max(...values), count: values.length }];
  });
}

const FEW = 20;  // nodes; a median of fewer says little

// Map depth -> {ratio, count, few} in an epoch: the median over runs of each run's median, all nodes together, and
// whether a run has few or none.
function depthsOf(runs, epoch) {
  const found = new Map();
  const tables = runs.map(run => epochOf(run, epoch).byDepth).filter(table => table?.depth.length);
  for (const table of tables) {
    table.depth.forEach((depth, k) => {
      const at = found.get(depth) ?? { ratios: [], counts: [] };
      at.ratios.push(finite(table.median[k]));
      at.counts.push(table.count[k]);
      found.set(depth, at);
    });
  }
  const sorted = [...found.entries()].sort(([a], [b]) => a - b);
  return new Map(sorted.map(([depth, { ratios, counts }]) => {
    const few = counts.length < tables.length || Math.min(...counts) < FEW;
    return [depth, { ratio: median(ratios), count: counts.reduce((sum, count) => sum + count, 0), few }];
  }));
}

// The epoch whose column is that of a time: the one that is under way, or ends there.
const columnAt = (epochs, time) =>
  epochs.findLast(epoch => epoch <= Math.ceil(time - 1e-9)) ?? epochs[0] ?? 0;

// The factor per level: least squares of the logarithm of the ratio on depth, weighted by the number of nodes.
// {factor, halfLife}: after so many levels half is gone; Infinity if it does not shrink. null for fewer than 2 depths.
function factorPerLevel(depths) {
  const points = [...depths].filter(([, { ratio }]) => ratio > 0 && ratio < Infinity);
  const total = points.reduce((sum, [, { count }]) => sum + count, 0);
  const mean = of => points.reduce((sum, point) => sum + point[1].count * of(point), 0) / total;
  const depth = ([d]) => d, log = ([, { ratio }]) => Math.log(ratio);
  const middle = mean(depth), level = mean(log);
  const spread = mean(point => (depth(point) - middle) ** 2);
  if (points.length < 2 || !(spread > 0)) return null;
  const slope = mean(point => (depth(point) - middle) * (log(point) - level)) / spread;
  return { factor: Math.exp(slope), halfLife: slope < 0 ? Math.LN2 / -slope : Infinity };
}
