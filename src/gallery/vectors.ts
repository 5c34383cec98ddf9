/** What unit vectors are asked. */

/** @internal The memory of an array. */
export function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** @internal A vector of these bytes, in memory of its own. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  const vector = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  bytesOf(vector).set(bytes);
  return vector;
}

/** @internal The cosine of two unit vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** @internal A cosine as a distance, 0 to 2: rounding may leave it a little outside. */
export function toDistance(similarity: number): number {
  return Math.min(2, Math.max(0, 1 - similarity));
}
