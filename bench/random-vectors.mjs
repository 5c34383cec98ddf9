/** Unit vectors by chance, the same in each run. */

/** Numbers from 0 to 1 of a seed (mulberry32). */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Scaled to length 1. */
export function unit(values) {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/**
 * A direction by chance; with `near` one that is not far from `near.centre`: noise 1 makes the
 * cosine to it 0.71.
 */
export function direction(random, dimension, near) {
  const values = new Float32Array(dimension);
  for (let i = 0; i < dimension; i++) {
    const value = normal(random) / Math.sqrt(dimension);
    values[i] = near === undefined ? value : near.centre[i] + near.noise * value;
  }
  return unit(values);
}

/** The cosine distance of two unit vectors. */
export function cosineDistance(a, b) {
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += a[i] * b[i];
  return 1 - dot;
}
