// Seeded normal numbers: the same for the same seed and name on every machine (viz/explorer/draws.py is their twin).

// FNV-1a over the characters of "seed/name": every matrix has a stream of its own, so that none moves another.
function streamOf(seed, name) {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${name}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

// Mulberry32, two draws to a double of 53 bits, then Box and Muller's transform.
function normals(seed, name, count) {
  let state = streamOf(seed, name);
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
  const uniform = () => ((word() >>> 5) * 67108864 + (word() >>> 6) + 0.5) / 9007199254740992;
  const drawn = new Float64Array(count);
  for (let k = 0; k < count; k += 2) {
    const length = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    drawn[k] = length * Math.cos(angle);
    if (k + 1 < count) drawn[k + 1] = length * Math.sin(angle);
  }
  return drawn;
}
