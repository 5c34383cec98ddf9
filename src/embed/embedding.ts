/** Embeddings: unit vectors that know which model made them. */
import { isFloat32Array } from 'node:util/types';
import { typeError } from '../arguments.js';
import { MnnFaceError } from '../errors.js';

/**
 * A face as a unit vector. `fingerprint` names the model and preprocessing that made it; only
 * embeddings with the same fingerprint can be compared. It becomes a plain array in JSON.
 */
export interface Embedding extends Float32Array {
  readonly fingerprint?: string;
}

function toPlainArray(this: Float32Array): number[] {
  return Array.from(this);
}

/** @internal Scales to unit length in place and attaches the fingerprint. */
export function makeEmbedding(values: Float32Array, fingerprint: string): Embedding {
  let sum = 0;
  for (const value of values) sum += value * value;
  const scale = 1 / Math.sqrt(sum);
  if (!Number.isFinite(scale)) {
    throw new MnnFaceError('ERR_MODEL_INVALID', 'The embedding model gave no finite vector.');
  }
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale;
  return attachFingerprint(values, fingerprint);
}

/** @internal Makes an embedding of a unit vector. */
export function attachFingerprint(values: Float32Array, fingerprint: string): Embedding {
  // Not enumerable: results stay plain data that two runs can be compared by.
  return Object.defineProperties(values, {
    fingerprint: { value: fingerprint },
    toJSON: { value: toPlainArray },
  });
}

/** What can be compared: an embedding, its plain array of numbers, or a face that carries one. */
export type Comparable =
  | Embedding
  | readonly number[]
  | { readonly embedding: Embedding | readonly number[]; readonly fingerprint?: string };

interface Vector {
  values: ArrayLike<number>;
  fingerprint: string | undefined;
}

function vectorOf(value: Comparable, name: string): Vector {
  if (isFloat32Array(value)) {
    return { values: value, fingerprint: (value as Embedding).fingerprint };
  }
  if (Array.isArray(value)) return { values: value, fingerprint: undefined };
  if (typeof value === 'object' && value !== null && 'embedding' in value) {
    const inner = vectorOf(value.embedding, name);
    return { values: inner.values, fingerprint: value.fingerprint ?? inner.fingerprint };
  }
  throw typeError(name, 'an embedding or a face with one', value);
}

/**
 * The cosine of the angle between two embeddings, -1 to 1; 1 is the same direction.
 *
 * @throws MnnFaceError `ERR_EMBEDDING_MISMATCH` when they are of different models or lengths.
 */
export function similarity(a: Comparable, b: Comparable): number {
  const left = vectorOf(a, 'The first embedding');
  const right = vectorOf(b, 'The second embedding');
  const known = left.fingerprint !== undefined && right.fingerprint !== undefined;
  if (
    left.values.length !== right.values.length ||
    (known && left.fingerprint !== right.fingerprint)
  ) {
    throw new MnnFaceError(
      'ERR_EMBEDDING_MISMATCH',
      `Embeddings of different models cannot be compared: ${left.fingerprint ?? 'unknown'} (${left.values.length} values) ` +
        `and ${right.fingerprint ?? 'unknown'} (${right.values.length} values). Embed both pictures with one model.`,
    );
  }
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < left.values.length; i++) {
    const x = left.values[i] as number;
    const y = right.values[i] as number;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  const cosine = dot / Math.sqrt(normA * normB);
  if (!Number.isFinite(cosine)) {
    throw new MnnFaceError(
      'ERR_EMBEDDING_MISMATCH',
      'An embedding is empty, all zeros or not finite, so it has no direction to compare.',
    );
  }
  return Math.min(1, Math.max(-1, cosine));
}

/** The cosine distance, 1 - similarity: 0 (same direction) to 2. */
export function distance(a: Comparable, b: Comparable): number {
  return 1 - similarity(a, b);
}
