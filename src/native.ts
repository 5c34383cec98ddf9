/** Loads the addon, and is the only description of what it offers. */
import { join } from 'node:path';
import nodeGypBuild from 'node-gyp-build';
import { MnnFaceError, messageOf } from './errors.js';

/** Interleaved 8-bit RGB without gaps between rows. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Pixels, and the size that the picture has at full resolution. */
export interface DecodedPixels extends Pixels {
  readonly fullWidth: number;
  readonly fullHeight: number;
  /** What was wrong with a damaged file, in libjpeg's words, each once; with `decodeErrors: 'fail'` none. */
  readonly warnings: readonly string[];
}

export interface JpegOptions {
  maxPixels: number;
  /** Above 0: decoded at 1/2, 1/4 or 1/8, so that the shorter side stays at least so long. */
  leastSide: number;
  /** Default `fail`. `warn`: a damaged file gives the pixels that imread gives, and warnings. */
  decodeErrors?: 'fail' | 'warn';
  cancellation?: Cancellation | undefined;
}

/**
 * Drops the work of the calls that it was given to: what is queued is not begun, what is under way stops at the next
 * region or row. Their promises reject with ERR_ABORTED; work that was nearly done may still resolve.
 */
export interface Cancellation {
  cancel(): void;
}

/** Any typed array. */
export type TypedArray = NodeJS.TypedArray;

/**
 * How a region becomes the network's input:
 * `linear`, `cubic`: OpenCV's INTER_LINEAR and INTER_CUBIC, bit for bit; `area`: adaptive averaging in float, as PyTorch's
 * interpolate(mode="area"); `warp`: bilinear under an affine map, black outside of the picture.
 */
export type Geometry = 'linear' | 'cubic' | 'area' | 'warp';

/** Regions of a picture and the size that each of them is brought to. */
export interface ResampleJob {
  picture: Pixels;
  geometry: Geometry;
  /**
   * `linear`, `cubic` and `area`: integer rectangles x, y, width, height inside the picture.
   * `warp`: maps from an output pixel to the source, m0..m5 with
   * sx = m0*x + m1*y + m2, sy = m3*x + m4*y + m5. One region after the other.
   */
  regions: Float64Array;
  width: number;
  height: number;
  /**
   * Only with `area`: regions are brought to this size, of which the part of `width` x `height` at `x`, `y` is computed.
   * Default: the whole of `width` x `height`.
   */
  tile?: { width: number; height: number; x: number; y: number };
}

/** A resample job, then value = (pixel - mean) * scale, per channel in the order of `order`. */
export interface PictureJob extends ResampleJob {
  mean: readonly number[];
  scale: readonly number[];
  order: 'rgb' | 'bgr';
}

/** A ready input tensor, 1 x 3 x height x width. */
export interface TensorJob {
  tensor: Float32Array;
  width: number;
  height: number;
}

export interface SessionOptions {
  /** Runs that may be under way at once, 1 to 64. Each lane is made at its first use. */
  lanes: number;
  /** MNN's threads within one run, 1 to 64. */
  threads: number;
  precision: 'normal' | 'high' | 'low';
  /** `best`: the widest that the CPU has; `baseline`: those of 4-channel blocks, as on ARM and SSE. */
  kernels: 'best' | 'baseline';
  input: string;
  /** NCHW. Runs of another size resize their lane. */
  inputShape: readonly number[];
  /** Names, and the shapes for `inputShape` to check (-1: any). */
  outputs: readonly { name: string; shape?: readonly number[] }[];
}

/** What a model takes and gives; -1 where a size is open. */
export interface ModelTensors {
  inputs: { name: string; shape: number[] }[];
  outputs: { name: string; shape: number[] }[];
}

export interface NativeSession {
  /** One array per output; the regions' values stand one after the other in it. */
  run(job: PictureJob | TensorJob, cancellation?: Cancellation): Promise<Float32Array[]>;
  /** Refuses what is queued (ERR_CLOSED), lets running work finish, then frees the memory. */
  close(): Promise<void>;
  outputShapes(): number[][];
  /** Bytes held by the model and the lanes made so far. */
  memory(): number;
}

/**
 * An exact search. The matrix is in blocks of `blockRows` rows each, so that it grows without being
 * copied. Its arrays must be held (see `hold`), and must not be given other rows before the promise settles.
 */
export interface SearchJob {
  /** Finite; 1 to 8,192 values. */
  probe: Float32Array;
  /** Row-major: `blockRows` times `probe.length` values each; all of one type. */
  blocks: readonly Float32Array[] | readonly Int8Array[];
  /** With blocks of 8-bit integers: what the values of each row are multiplied by. */
  scales?: readonly Float32Array[];
  /** Whose each row is; a row of -1 is passed over. */
  subjects: readonly Int32Array[];
  blockRows: number;
  /** The rows in use; the rest of the last block is not read. */
  rows: number;
  /** How many to find at most. */
  count: number;
  /** Of each subject only its best row. */
  distinct: boolean;
  /** `scalar`: without vector instructions, for tests. */
  kernels: 'best' | 'scalar';
}

/** Best first; of equal scores the lower row first. */
export interface SearchHits {
  rows: Uint32Array;
  /** Dot products. */
  scores: Float32Array;
}

/**
 * The addon. Whatever JavaScript does with an array after a call (resize, transfer, write from another thread) does no
 * harm: each call copies, at once, what it is given. Only arrays that are held are read where they are.
 */
export interface NativeBinding {
  Session: {
    /**
     * Loads a model from its bytes.
     * Rejects with ERR_MODEL_INVALID or ERR_MODEL_UNSUPPORTED.
     */
    load(model: Uint8Array, options: SessionOptions): Promise<NativeSession>;
  };
  Cancellation: new () => Cancellation;
  /**
   * Marks an array that the library made and hands out to nobody, and gives it back: calls do not copy it. The mark is on
   * the array, not on its memory; other arrays on the same memory are copied. Throws a TypeError for shared, resizable or
   * detached memory. Nobody may transfer or write to the memory of a held picture while a call works on it.
   */
  hold<T extends TypedArray>(array: T): T;
  /** Bytes that calls have copied since the process began. */
  copied(): number;
  /** The geometry of a run alone, for one region: 8-bit RGB; at most 8192 * 8192 pixels. */
  resample(job: ResampleJob, cancellation?: Cancellation): Promise<Uint8Array>;
  /**
   * Decodes a JPEG on threads of libuv's pool to the bytes that OpenCV's imread gives (in RGB order), held.
   * Resolves to undefined for anything that it leaves to another decoder: what is no JPEG, CMYK, more than `maxPixels`,
   * damaged files; with `decodeErrors: 'warn'` only those damaged files that imread gives nothing for.
   */
  decodeJpeg(jpeg: Uint8Array, options: JpegOptions): Promise<DecodedPixels | undefined>;
  /** The rows with the greatest dot products with a probe. */
  search(job: SearchJob): Promise<SearchHits>;
  /** The inputs and outputs of a model, from its bytes. Rejects as `load` does. */
  inspect(model: Uint8Array): Promise<ModelTensors>;
  mnnVersion: string;
}

/** The folder with package.json, from src/ as from dist/. */
export const packageRoot = join(__dirname, '..');

let loaded: NativeBinding | undefined;

/** The addon, loaded at the first call. Throws ERR_ADDON with what to do. */
export function native(): NativeBinding {
  if (loaded === undefined) {
    try {
      loaded = nodeGypBuild(packageRoot) as NativeBinding;
    } catch (error) {
      throw new MnnFaceError(
        'ERR_ADDON',
        `The native addon of mnn-face could not be loaded on ${process.platform}-${process.arch}: ${messageOf(error)}\n` +
          'In a checkout run "npm run build:native"; in an installed package run "npm rebuild mnn-face" ' +
          '(a source build needs cmake, a C++17 compiler and cargo).',
        { cause: error },
      );
    }
  }
  return loaded;
}
