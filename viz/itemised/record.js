// Runs: which there are, and what a loss sends back in one of them at a moment.

// The values of one key, each once, among the runs that have the others' values.
const choices = (runs, key, fixed = {}) =>
  [...new Set(runs.filter(run => Object.entries(fixed).every(([k, v]) => run[k] === v)).map(run => run[key]))];

// The run with these names; else the one that shares most of them, from left to right.
function runOf(runs, { corpus, network, run }) {
  const fits = of => (of.corpus === corpus ? 4 : 0) + (of.network === network ? 2 : 0) + (of.run === run ? 1 : 0);
  return runs.reduce((best, of) => (fits(of) > fits(best) ? of : best));
}

// What the loss of the character at `place` sends to the states after characters 0 … place − 1.
const sentBack = (run, moment, part, place, code) =>
  [...run.moments[moment].sizes[part][place - 1]].map(letter => code[letter]);

// How many characters back the last size is that is at least `share` of the largest; null if all are 0.
function lastAbove(sizes, share) {
  const most = Math.max(...sizes);
  if (!(most > 0)) return null;
  return sizes.length - sizes.findIndex(size => size >= share * most);
}
