/** Unit vectors from seeds: the same in every run. */

/** A sequence of numbers from 0 to 1 (mulberry32). */
export function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function unit(dimension: number, seed: number): Float32Array {
  const next = numbers(seed);
  const values = Float32Array.from({ length: dimension }, () => next() - 0.5);
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
