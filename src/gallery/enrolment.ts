/** From a picture or an embedding to what a gallery keeps. */
import { createHash } from 'node:crypto';
import { isFloat32Array } from 'node:util/types';
import { typeError } from '../arguments.js';
import { enrolledHash } from '../cache/hash.js';
import { poorness } from '../compare/judge.js';
import type { DetectedFace } from '../detect/types.js';
import { type Comparable, makeEmbedding } from '../embed/embedding.js';
import { MnnFaceError, shown } from '../errors.js';
import type { Faces } from '../faces.js';
import type { Picture } from '../image/picture.js';
import type { CallOptions } from '../options.js';
import type { EmbeddedFace } from '../results.js';
import type { GalleryMake, Metadata } from './store.js';
import { bytesOf } from './vectors.js';

/** @internal Plain JSON, as it will come back; null for none. */
export function checkMetadata(value: unknown): Metadata | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw typeError('metadata', 'an object of plain JSON', value);
  }
  try {
    return JSON.parse(JSON.stringify(value)) as Metadata;
  } catch (error) {
    throw Object.assign(typeError('metadata', 'an object of plain JSON', value), { cause: error });
  }
}

/** @internal Whether a value is an embedding (or a face with one), and no picture. */
export function isComparable(value: Picture | Comparable): value is Comparable {
  return (
    isFloat32Array(value) ||
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && 'embedding' in value)
  );
}

/** @internal A unit vector of the gallery's own make. Throws ERR_EMBEDDING_MISMATCH. */
export function unitVector(value: Comparable, make: GalleryMake): Float32Array {
  const fingerprint = 'fingerprint' in value ? value.fingerprint : undefined;
  if ('embedding' in value) {
    if (fingerprint !== undefined) checkFingerprint(fingerprint, make);
    return unitVector(value.embedding, make);
  }
  if (fingerprint !== undefined) checkFingerprint(fingerprint, make);
  if (value.length !== make.dimension) {
    throw new MnnFaceError(
      'ERR_EMBEDDING_MISMATCH',
      `The embedding has ${value.length} values; this gallery's have ${make.dimension}. Embed with ${make.model}.`,
    );
  }
  try {
    return new Float32Array(makeEmbedding(Float32Array.from(value), make.fingerprint));
  } catch (error) {
    throw new MnnFaceError(
      'ERR_EMBEDDING_MISMATCH',
      'The embedding is all zeros or not finite, so it has no direction to compare.',
      { cause: error },
    );
  }
}

/** @internal */
export function checkFingerprint(fingerprint: string, make: GalleryMake): void {
  if (fingerprint === make.fingerprint) return;
  throw new MnnFaceError(
    'ERR_EMBEDDING_MISMATCH',
    `The embedding is of ${fingerprint}, this gallery's are of ${make.fingerprint}. Embed with the gallery's model and with the landmarks of its instance.`,
  );
}

/** @internal Names a vector that came without its picture. */
export function hashOfVector(vector: Float32Array): string {
  return createHash('sha256').update('vector\n').update(bytesOf(vector)).digest('hex');
}

/** @internal A picture that is read once, named by its content, and embedded if it must be. */
export interface ReadPicture {
  contentHash: string;
  /** The file's name, if it came from one. */
  source: string | null;
  picture: Picture;
}

/** @internal */
export async function readPicture(
  faces: Faces,
  picture: Picture,
  options: CallOptions,
): Promise<ReadPicture> {
  const { loaded, path } = await faces.read(picture, options);
  return {
    contentHash: await enrolledHash(loaded),
    source: path ?? null,
    picture: loaded.kind === 'encoded' ? loaded.bytes : loaded.picture,
  };
}

/** @internal The one face of a picture that is to be enrolled or verified. */
export async function embedOne(
  faces: Faces,
  picture: Picture,
  options: CallOptions,
  make: GalleryMake,
): Promise<EmbeddedFace> {
  const { faces: found } = await faces.embed(picture, { faces: 'single', ...options });
  const [face] = found;
  if (face === undefined || found.length > 1) {
    throw new MnnFaceError(
      'ERR_MULTIPLE_FACES',
      (name) =>
        `${found.length} faces were found in ${name}, where one is needed. Use faces: 'largest'.`,
      { count: found.length },
    );
  }
  checkFingerprint(face.fingerprint, make);
  return face;
}

/** @internal An error about a picture from a file names it: there may be many under way. */
export async function ofPicture<T>(file: string | null, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (file === null || !(error instanceof MnnFaceError)) throw error;
    throw error.ofPicture(shown(file), { picture: file });
  }
}

/** @internal The same face as `embedOne()` takes, aligned. */
export async function cropOne(
  faces: Faces,
  picture: Picture,
  options: CallOptions,
): Promise<Uint8Array | null> {
  const [face] = await faces.align(picture, { faces: 'single', ...options });
  return face === undefined ? null : new Uint8Array(face.crop.data);
}

/** @internal What results say of a face. */
export function withoutEmbedding({
  embedding: _,
  fingerprint: __,
  ...face
}: EmbeddedFace): DetectedFace {
  return face;
}

/** @internal Refuses a face that is too poor to be told from others: it would attract strangers. */
export function checkQuality(face: DetectedFace, minQuality: number): void {
  const why = poorness(face, { threshold: 0, minQuality });
  if (why === undefined) return;
  throw new MnnFaceError(
    'ERR_LOW_QUALITY',
    `The face is too poor to be enrolled, since many people would look like it: ${why}. Take a better picture, or enrol it all the same with minQuality: 0 (CLI: --min-quality 0).`,
  );
}
