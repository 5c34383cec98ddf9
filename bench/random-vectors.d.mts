export function randomOf(seed: number): () => number;
export function unit(values: Float32Array): Float32Array;
export function direction(
  random: () => number,
  dimension: number,
  near?: { centre: Float32Array; noise: number },
): Float32Array;
export function cosineDistance(a: Float32Array, b: Float32Array): number;
