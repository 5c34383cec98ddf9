/** The options of createFaces() and of its methods: one set, checked in one place. */
import type { LandmarkModel } from './align/find-landmarks.js';
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSignal,
  checkString,
  rangeError,
  typeError,
} from './arguments.js';
import { type CacheOptions, Caches } from './cache/caches.js';
import type { CacheStore } from './cache/store.js';
import type { FaceSelection } from './compare/select-faces.js';
import {
  DETECTORS,
  type DetectOptions,
  type InputSize,
  type ResolvedDetectOptions,
} from './detect/types.js';
import { type EmbeddingVersion, withoutProjection } from './embed/embed-faces.js';
import { DEFAULT_DECODE_TIMEOUT, DEFAULT_MAX_PIXELS } from './image/decode.js';
import { DEFAULT_FORMATS, FORMATS, type PictureFormat } from './image/format.js';
import { DEFAULT_MAX_BYTES } from './image/picture.js';
import { findModel, type Model } from './models/manifest.js';
import type { SessionsOptions } from './models/sessions.js';
import { findEmbedder } from './models/user-models.js';
import { applyProfile, LOW_MEMORY_CACHE_BYTES, PROFILES, type Profile } from './profile.js';
import type { ThoroughOptions } from './thorough/find-faces.js';

/** Options of one call; each may also be given to `createFaces()` for all calls. */
export interface CallOptions extends DetectOptions {
  /**
   * Which network gives the five landmarks where the detector does not: `'onet'` (default for
   * embeddings), `'yunet'`, or `false` for none. Without landmarks faces are embedded unaligned,
   * which is much less accurate. `detect()` adds landmarks only when this is given.
   */
  landmarks?: LandmarkModel | false;
  /** What to do with several faces; default `'single'` to compare, `'all'` to embed. */
  faces?: FaceSelection;
  /**
   * The false accept rate that the threshold should have, 0.0001 to 0.01, by the table in the
   * model's manifest entry; instead of `threshold`.
   */
  far?: number;
  /** The largest distance at which two faces count as one person, 0 to 2; default: the model's. */
  threshold?: number;
  /**
   * The least quality at which two faces are told apart, 0 to 1. Poorer faces are answered
   * `reliable: false` and never verified, and two faces of middling quality must be nearer. 0 (default)
   * switches this off; 0.25 refuses faces under some 28 pixels, which strangers share.
   */
  minQuality?: number;
  /** Adds `quality`, `reasons` and `measures` to faces; default: where `minQuality` needs them. */
  quality?: boolean;
  /**
   * `'exact'` (default) gives what the reference gives. `'thorough'` finds what it does not: the defaults
   * of `upright`, `border` and `tiles` are then `'auto'`, true and true.
   */
  mode?: 'exact' | 'thorough';
  /**
   * `'auto'` tries the other three ways to hold a picture in which no face surely stands upright; boxes
   * and landmarks are those of the picture as it is. Default `'as-is'`.
   */
  upright?: 'auto' | 'as-is';
  /** Looks again with a black border where no face was found: one may fill the picture. Default false. */
  border?: boolean;
  /**
   * Looks at overlapping windows of at least 640x480 pixels too, 64 at most, for small faces in large
   * pictures. Default false.
   */
  tiles?: boolean;
  /**
   * The most pixels that a picture may have; default 100 million. Up to that an AVIF may have 25
   * million at most, since its decoder takes 20 bytes a pixel and more.
   */
  maxPixels?: number;
  /** The most bytes that an encoded picture may have, from wherever; default 256 MiB. */
  maxBytes?: number;
  /**
   * The formats that may be decoded, told by a file's first bytes; default `['jpeg', 'png', 'webp',
   * 'gif', 'tiff', 'avif']`. `'svg'` and `'pdf'` are programs that draw: name them only for pictures
   * that you trust. Which of the others can be decoded depends on the libvips of sharp.
   */
  formats?: readonly PictureFormat[];
  /**
   * Milliseconds that reading a file or stream may take, once it has begun; then the call rejects with
   * `ERR_TIMEOUT` and the stream is destroyed. Default: no limit.
   */
  readTimeout?: number;
  /** Milliseconds that decoding one picture may take; default 30,000. Then `ERR_TIMEOUT`. */
  decodeTimeout?: number;
  /**
   * What becomes of a damaged JPEG, such as one without its last bytes: `'fail'` (default) refuses it;
   * `'warn'` takes the pixels that `cv2.imread` gives, where it gives any, and puts what was wrong in
   * the result's `warnings`.
   */
  decodeErrors?: 'fail' | 'warn';
  /**
   * `'reduced'` decodes large JPEGs at 1/2, 1/4 or 1/8 of their size, as long as the shorter side keeps
   * 480 pixels and twice the detector's input, and those whose faces are then too small for the
   * embedder a second time. Several times faster for pictures of cameras and phones; results are
   * close to, but not equal to those of `'full'`, the default.
   */
  decode?: 'full' | 'reduced';
  /**
   * Aborts the call: it rejects with an error whose `name` is `'AbortError'`, whose `code` is
   * `ERR_ABORTED` and whose `cause` is the signal's reason. A stream that it was given is destroyed.
   */
  signal?: AbortSignal;
}

/** Options of the batch methods. */
export interface BatchOptions extends CallOptions {
  /** Called after each result, in the order in which they are done. */
  onProgress?: (progress: { done: number }) => void;
}

/** Options of `createFaces()`. */
export interface FacesOptions extends Omit<CallOptions, 'signal'> {
  /** A folder with model files, looked into before all other places. */
  models?: string;
  /**
   * Keeps results: `true` for 32 MiB in memory, a store (`memoryStore()`, `sqliteStore()`, one of
   * your own) for files and pairs, or the caches one by one. Default: none.
   */
  cache?: boolean | CacheStore | CacheOptions;
  /** One of `EMBEDDERS`, or the name of an imported model; default `'mobilefacenet'`. */
  embedder?: string;
  /**
   * Version of the embeddings: 1 (default) is the network's own vector; 2 takes out what only says how
   * poor a face's picture is, so that small and blurred strangers look less alike. They cannot be
   * compared with each other; `gallery upgrade` brings a gallery from 1 to 2.
   */
  embeddingVersion?: EmbeddingVersion;
  /** Runs of one model at a time, 1 to 64; default: the available cores, at most 4. */
  lanes?: number;
  /**
   * MNN's threads within one run, 1 to 64; default 1. More lanes give throughput; more threads give
   * latency, to one or two runs at a time.
   */
  threads?: number;
  /** MNN's precision; `'low'` (16-bit arithmetic where the CPU has it) leaves equality behind. */
  precision?: 'normal' | 'high' | 'low';
  /**
   * `'lowMemory'` for small computers: one lane, the detector slim-320, and 2 MiB instead of 32
   * where `cache` is `true`. Options that are given beside it win. Default: `'normal'`.
   */
  profile?: Profile;
}

/** @internal */
export interface ResolvedCallOptions {
  detect: ResolvedDetectOptions;
  landmarks: LandmarkModel | false | undefined;
  faces: FaceSelection | undefined;
  threshold: number | undefined;
  far: number | undefined;
  minQuality: number | undefined;
  quality: boolean;
  thorough: ThoroughOptions;
  maxPixels: number;
  maxBytes: number;
  formats: readonly PictureFormat[];
  /** Infinity: no limit. */
  readTimeout: number;
  decodeTimeout: number;
  decodeErrors: 'fail' | 'warn';
  /** Pixels that the shorter side of a picture must keep in decoding; 0: all. */
  leastSide: number;
  signal: AbortSignal | undefined;
}

/** @internal The names of `CallOptions`, without the signal. */
export const CALL_KEYS = [
  'detector',
  'scoreThreshold',
  'iouThreshold',
  'nms',
  'maxFaces',
  'minSize',
  'inputSize',
  'clip',
  'landmarks',
  'faces',
  'threshold',
  'far',
  'minQuality',
  'quality',
  'mode',
  'upright',
  'border',
  'tiles',
  'maxPixels',
  'maxBytes',
  'formats',
  'readTimeout',
  'decodeTimeout',
  'decodeErrors',
  'decode',
] as const;
const INSTANCE_KEYS = [
  'models',
  'cache',
  'embedder',
  'embeddingVersion',
  'lanes',
  'threads',
  'precision',
  'profile',
] as const;

type Bag = Readonly<Record<string, unknown>>;

function optional<T>(
  bag: Bag,
  key: string,
  check: (name: string, value: unknown) => T,
): T | undefined {
  const value = bag[key];
  return value === undefined ? undefined : check(key, value);
}

const number = (least: number, most: number) => (name: string, value: unknown) =>
  checkNumber(name, value, least, most);
const integer = (least: number, most: number) => (name: string, value: unknown) =>
  checkInteger(name, value, least, most);
const oneOf =
  <const T extends readonly unknown[]>(...allowed: T) =>
  (name: string, value: unknown): T[number] =>
    checkOneOf<T[number]>(name, value, allowed);

/** The sizes that the authors of the RFB and slim detectors name; 480x360 is no multiple of 32. */
const AUTHORS_SIZES: readonly string[] = ['480x360', '320x240', '640x480', '1280x960'];

function checkInputSize(name: string, value: unknown): InputSize {
  if (typeof value !== 'object' || value === null) {
    throw typeError(name, 'an object {width, height}', value);
  }
  const { width, height } = checkOptions(name, value, ['width', 'height']);
  const size = {
    width: checkInteger(`${name}.width`, width, 32, 4096),
    height: checkInteger(`${name}.height`, height, 32, 4096),
  };
  const text = `${size.width}x${size.height}`;
  if ((size.width % 32 !== 0 || size.height % 32 !== 0) && !AUTHORS_SIZES.includes(text)) {
    throw rangeError(name, `multiples of 32, or one of ${AUTHORS_SIZES.join(', ')}`, text);
  }
  return size;
}

/** Of the shorter side, with `decode: 'reduced'`; more than 320x240 for landmarks and faces' texture. */
const LEAST_REDUCED_SIDE = 480;

function leastSideOf(bag: Bag): number {
  if (optional(bag, 'decode', oneOf('full', 'reduced')) !== 'reduced') return 0;
  const size = optional(bag, 'inputSize', checkInputSize);
  return Math.max(LEAST_REDUCED_SIDE, 2 * (size?.height ?? 0), 2 * (size?.width ?? 0));
}

function resolve(bag: Bag): ResolvedCallOptions {
  return {
    detect: {
      detector: optional(bag, 'detector', oneOf(...DETECTORS)) ?? 'rfb-320',
      scoreThreshold: optional(bag, 'scoreThreshold', number(0, 1)),
      iouThreshold: optional(bag, 'iouThreshold', number(0, 1)),
      nms: optional(bag, 'nms', oneOf('hard', 'blend')) ?? 'hard',
      maxFaces: optional(bag, 'maxFaces', maxFaces) ?? Number.POSITIVE_INFINITY,
      minSize: optional(bag, 'minSize', number(0, 1e6)),
      inputSize: optional(bag, 'inputSize', checkInputSize),
      clip: optional(bag, 'clip', checkBoolean) ?? false,
    },
    landmarks: optional(bag, 'landmarks', oneOf('onet', 'yunet', false)),
    faces: optional(bag, 'faces', oneOf('single', 'largest', 'all')),
    ...threshold(bag),
    minQuality: minQualityOf(bag),
    // Where it decides, it is measured.
    quality: (optional(bag, 'quality', checkBoolean) ?? false) || (minQualityOf(bag) ?? 0) > 0,
    thorough: thoroughOf(bag),
    maxPixels:
      optional(bag, 'maxPixels', integer(1, Number.MAX_SAFE_INTEGER)) ?? DEFAULT_MAX_PIXELS,
    maxBytes: optional(bag, 'maxBytes', integer(1, 2 ** 31 - 1)) ?? DEFAULT_MAX_BYTES,
    formats: optional(bag, 'formats', checkFormats) ?? DEFAULT_FORMATS,
    readTimeout: optional(bag, 'readTimeout', timeout) ?? Number.POSITIVE_INFINITY,
    decodeTimeout: optional(bag, 'decodeTimeout', integer(1, MOST_MS)) ?? DEFAULT_DECODE_TIMEOUT,
    decodeErrors: optional(bag, 'decodeErrors', oneOf('fail', 'warn')) ?? 'fail',
    leastSide: leastSideOf(bag),
    signal: checkSignal(bag.signal),
  };
}

function minQualityOf(bag: Bag): number | undefined {
  return optional(bag, 'minQuality', number(0, 1));
}

function thoroughOf(bag: Bag): ThoroughOptions {
  const thorough = optional(bag, 'mode', oneOf('exact', 'thorough')) === 'thorough';
  return {
    upright: optional(bag, 'upright', oneOf('auto', 'as-is')) ?? (thorough ? 'auto' : 'as-is'),
    border: optional(bag, 'border', checkBoolean) ?? thorough,
    tiles: optional(bag, 'tiles', checkBoolean) ?? thorough,
  };
}

function threshold(bag: Bag): Pick<ResolvedCallOptions, 'threshold' | 'far'> {
  const own = optional(bag, 'threshold', number(0, 2));
  const far = optional(bag, 'far', number(0, 1));
  if (own !== undefined && far !== undefined) {
    throw rangeError('far', 'absent where threshold is given', far);
  }
  return { threshold: own, far };
}

/** What a timer can wait for: 24 days. */
const MOST_MS = 2 ** 31 - 1;

function timeout(name: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : checkInteger(name, value, 1, MOST_MS);
}

function checkFormats(name: string, value: unknown): readonly PictureFormat[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw typeError(name, 'a list of formats', value);
  }
  return value.map((format: unknown, i) => checkOneOf(`${name}[${i}]`, format, FORMATS));
}

function maxFaces(name: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : checkInteger(name, value, 1, 1e6);
}

/** @internal The options of an instance, and how a call's options go over them. */
export interface Defaults {
  sessions: SessionsOptions;
  caches: Caches;
  embedder: Model;
  forCall(options: CallOptions | undefined): ResolvedCallOptions;
}

function embedderOf(bag: Bag): Model {
  const name = optional(bag, 'embedder', checkString) ?? 'mobilefacenet';
  const model = findEmbedder(name, optional(bag, 'models', checkString));
  const version = optional(bag, 'embeddingVersion', oneOf(1, 2)) ?? 1;
  return version === 1 ? withoutProjection(model) : model;
}

function defined(bag: Bag): Record<string, unknown> {
  return Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== undefined));
}

/** @internal Checks the options of createFaces(). Throws TypeError or RangeError. */
export function resolveDefaults(options: FacesOptions | undefined): Defaults {
  const own = checkOptions('createFaces() options', options, [...CALL_KEYS, ...INSTANCE_KEYS]);
  const profile = optional(own, 'profile', oneOf(...PROFILES)) ?? 'normal';
  const bag = applyProfile(profile, defined(own));
  const base = resolve(bag);
  return {
    sessions: {
      models: optional(bag, 'models', checkString),
      lanes: optional(bag, 'lanes', integer(1, 64)),
      threads: optional(bag, 'threads', integer(1, 64)),
      precision: optional(bag, 'precision', oneOf('normal', 'high', 'low')),
    },
    caches: new Caches(bag.cache, profile === 'lowMemory' ? LOW_MEMORY_CACHE_BYTES : undefined),
    embedder: embedderOf(bag),
    forCall(call) {
      if (call === undefined) return base;
      const own = checkOptions('options', call, [...CALL_KEYS, 'signal']);
      // A call's threshold replaces an instance's far, and the other way round.
      const inherited = { ...defined(bag) };
      if (own.threshold !== undefined) delete inherited.far;
      if (own.far !== undefined) delete inherited.threshold;
      return resolve({ ...inherited, ...defined(own) });
    },
  };
}

/** The networks that a call runs, besides the embedder. */
function networksOf({ detect, landmarks }: ResolvedCallOptions): string[] {
  const own =
    detect.detector === 'mtcnn' ? ['mtcnn-pnet', 'mtcnn-rnet', 'mtcnn-onet'] : [detect.detector];
  return [...own, ...(landmarks === 'yunet' ? ['yunet'] : []), 'mtcnn-onet'];
}

/** @internal All options and models that shape a result, for cache keys. The threshold does not. */
export function shapeOf(options: ResolvedCallOptions, precision: string | undefined): string {
  const { detect, landmarks, faces, quality, thorough, maxPixels, leastSide, decodeErrors } =
    options;
  const models = networksOf(options).map((name) => findModel(name).sha256.slice(0, 16));
  const shape = [
    models,
    precision ?? 'normal',
    detect,
    landmarks ?? null,
    faces ?? null,
    quality,
    thorough,
    maxPixels,
    leastSide,
    decodeErrors,
  ];
  return JSON.stringify(shape);
}
