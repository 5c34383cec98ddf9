/** The options of a gallery, checked in one place. */
import { checkNumber, checkOneOf, checkOptions, rangeError, typeError } from '../arguments.js';
import { resolveThreshold } from '../compare/threshold.js';
import type { Faces } from '../faces.js';
import type { Model } from '../models/manifest.js';
import { CALL_KEYS, type CallOptions } from '../options.js';
import type { VectorKind } from './sqlite/vector-matrix.js';
import type { GalleryStore, Metadata } from './store.js';

/** The threshold of a call, or of a gallery: one of the two. */
export interface ThresholdOptions {
  /** The largest distance of one person, 0 to 2; default: the gallery's, else the model's. */
  threshold?: number;
  /** The false accept rate that the threshold should have (of one comparison), instead of it. */
  far?: number;
}

/** Options of `openGallery()`. */
export interface GalleryOptions extends ThresholdOptions {
  /** What embeds the pictures; stays its maker's to close. */
  faces: Faces;
  /** Where the gallery is: a file (made when it is not there), or a `postgres://` URL. */
  file?: string | URL;
  /** A store of one's own, instead of `file`; the gallery closes it. */
  store?: GalleryStore;
  /** Keeps the aligned 112x112 crops, 37 kB each, so that `reembed()` is possible later. */
  keepCrops?: boolean;
  /** How a file's vectors are held in memory; see `SqliteGalleryOptions`. */
  vectors?: VectorKind;
  /** Opens a gallery of another model too; until `reembed()` is done, faces cannot be compared. */
  reembed?: boolean;
}

/** Options of `enroll()`: which face, how it is found, and what is kept with it. */
export interface EnrollOptions extends Omit<CallOptions, 'threshold' | 'far'> {
  faces?: 'single' | 'largest';
  /** Plain JSON of your own; comes back with matches. */
  metadata?: Metadata;
  /** Where the picture came from; default: the file's name. */
  source?: string;
}

/** Options of `identify()`. */
export interface IdentifyOptions extends CallOptions {
  /** Candidates per face, 1 to 1,000; default 5. */
  limit?: number;
  /**
   * The false positive identification rate: how often a stranger may be taken for somebody who is
   * enrolled, whatever the number of entries, 0 to 1; default 0.01. Not with `threshold` or `far`.
   */
  fpir?: number;
  /**
   * Whether two faces of the picture may be one subject, as in mirrors and on screens; default
   * false: a subject goes to the face that is nearest to it.
   */
  repeats?: boolean;
}

/** Options of a gallery's `verify()`. */
export interface GalleryVerifyOptions extends CallOptions {
  faces?: 'single' | 'largest';
}

/** Options of `duplicates()`. */
export interface DuplicatesOptions extends ThresholdOptions {
  signal?: AbortSignal;
}

/** Options of `cluster()`. */
export interface ClusterOptions extends CallOptions {
  /**
   * The largest mean distance within a cluster, 0 to 2; default: 0.04 less than two faces may have,
   * since a cluster of many is compared with many.
   */
  threshold?: number;
}

/** Options of `entries()`. */
export interface EntriesOptions {
  /** Only this subject's. */
  subject?: string;
}

/** Options of `import()` and `reembed()`. */
export interface ProgressOptions {
  /** Told after each step how many entries are done. */
  onProgress?: (progress: { done: number }) => void;
}

const SHAPING_KEYS = CALL_KEYS.filter((key) => key !== 'threshold' && key !== 'far');
const KEYS = {
  enroll: [...SHAPING_KEYS, 'signal', 'metadata', 'source'],
  identify: [...CALL_KEYS, 'signal', 'limit', 'fpir', 'repeats'],
  verify: [...CALL_KEYS, 'signal'],
  duplicates: ['threshold', 'far', 'signal'],
  cluster: [...CALL_KEYS, 'signal'],
  entries: ['subject'],
  import: ['onProgress'],
  reembed: ['onProgress'],
  upgrade: ['onProgress'],
} as const;

/** @internal What says how a face is found and embedded, for options that are kept as JSON. */
export const SHAPING_OPTIONS: readonly string[] = SHAPING_KEYS;

/**
 * The options of a method, none of which it does not know.
 *
 * @internal
 * @throws TypeError or RangeError.
 */
export function checkMethodOptions<T extends object>(method: keyof typeof KEYS, options: T): T {
  const bag = checkOptions(`${method}() options`, options, KEYS[method]);
  if (method === 'enroll' || method === 'verify') checkOneFace(bag.faces);
  if (bag.onProgress !== undefined && typeof bag.onProgress !== 'function') {
    throw typeError('onProgress', 'a function', bag.onProgress);
  }
  return options;
}

/**
 * Which face of several is meant where one is needed.
 *
 * @internal
 * @throws RangeError, also for `'all'`.
 */
export function checkOneFace(value: unknown): 'single' | 'largest' | undefined {
  return value === undefined ? undefined : checkOneOf('faces', value, ['single', 'largest']);
}

/** @internal The distance up to which a face matches. */
export function thresholdOf(
  model: Model,
  own: ThresholdOptions,
  inherited: ThresholdOptions,
): number {
  const given = own.threshold === undefined && own.far === undefined ? inherited : own;
  const threshold =
    given.threshold === undefined ? undefined : checkNumber('threshold', given.threshold, 0, 2);
  const far = given.far === undefined ? undefined : checkNumber('far', given.far, 0, 1);
  if (threshold !== undefined && far !== undefined) {
    throw rangeError('far', 'absent where threshold is given', far);
  }
  return resolveThreshold(model, { threshold, far });
}
