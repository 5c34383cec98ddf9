/** Decoding to the same RGB bytes as OpenCV's imread. */
import { onAbort, Stopper, throwIfAborted } from '../abort.js';
import { MnnFaceError, messageOf, shown } from '../errors.js';
import { type Cancellation, native, type Pixels } from '../native.js';
import { decodeInChild } from './decode-child.js';
import { firstPicture } from './first-picture.js';
import { DRAWN, type PictureFormat } from './format.js';
import { held } from './own-bytes.js';
import { checkPixelCount, type LoadedPicture, type OwnPixels } from './picture.js';
import { loadSharp } from './sharp.js';
import { decodeBySharp, readHeader, type SharpJob, toRgb } from './sharp-decode.js';

/** Default of `maxPixels`: 100 megapixels. */
export const DEFAULT_MAX_PIXELS = 100_000_000;
/** Default of `decodeTimeout`: half a minute. */
export const DEFAULT_DECODE_TIMEOUT = 30_000;

/** @internal What decoding is told. */
export interface DecodeOptions {
  maxPixels: number;
  decodeErrors: 'fail' | 'warn';
  /** Milliseconds. */
  decodeTimeout: number;
}

/**
 * Pictures of other formats than JPEG with more pixels than this are decoded in a process of their
 * own, which can be ended at any time; threads of libvips cannot.
 */
const MOST_IN_THREAD = 12_000_000;
/** AV1 takes some ten times as long as PNG. */
const MOST_AVIF_IN_THREAD = 2_000_000;

/**
 * The most pixels of an AVIF within the default `maxPixels`: its decoder takes 20 bytes a pixel, and
 * more of deep colours, where others take 3 to 6, so that it would pass a gigabyte.
 */
const MOST_AVIF = 25_000_000;

function mostPixels(format: PictureFormat, maxPixels: number): number {
  const heavy = format === 'avif' || format === 'heic';
  // A caller who raised the limit has the memory.
  return heavy && maxPixels <= DEFAULT_MAX_PIXELS ? Math.min(maxPixels, MOST_AVIF) : maxPixels;
}

function decodeError(error: unknown, maxPixels: number): MnnFaceError {
  const message = messageOf(error);
  if (/pixel limit/i.test(message)) {
    return new MnnFaceError(
      'ERR_IMAGE_TOO_LARGE',
      (picture) =>
        `Cannot take ${picture}: it has more pixels than the limit of ${maxPixels}. Raise maxPixels if it is trusted.`,
      { cause: error },
    );
  }
  return new MnnFaceError(
    'ERR_IMAGE_DECODE',
    (picture) => `Cannot decode ${picture}: ${shown(message, 500)}`,
    { cause: error },
  );
}

function staysInThread(format: PictureFormat, width: number, height: number): boolean {
  return width * height <= (format === 'avif' ? MOST_AVIF_IN_THREAD : MOST_IN_THREAD);
}

async function inThreadOrChild(
  bytes: Uint8Array,
  job: SharpJob,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  if (DRAWN.has(job.format)) return await decodeInChild(bytes, job, signal);
  const { width, height } = await readHeader(bytes, job);
  throwIfAborted(signal);
  checkPixelCount(width, height, job.maxPixels);
  return staysInThread(job.format, width, height)
    ? await decodeBySharp(bytes, job)
    : await decodeInChild(bytes, job, signal);
}

/** By sharp: any format, and the say over what is damaged. */
async function decodeAny(
  bytes: Uint8Array,
  format: PictureFormat,
  options: DecodeOptions,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const { decodeTimeout } = options;
  const maxPixels = mostPixels(format, options.maxPixels);
  using stopper = new Stopper(signal);
  const timer = setTimeout(() => {
    stopper.stop(
      new MnnFaceError(
        'ERR_TIMEOUT',
        (picture) =>
          `Decoding ${picture} took longer than decodeTimeout (${decodeTimeout} ms). Raise it if the picture is trusted.`,
      ),
    );
  }, decodeTimeout);
  const job = { format, maxPixels, timeoutMs: decodeTimeout };
  try {
    // Waited for also when it was aborted: in a thread it ends soon, and holds that thread till then.
    const pixels = await inThreadOrChild(firstPicture(bytes, format), job, stopper.signal);
    throwIfAborted(stopper.signal);
    checkPixelCount(pixels.width, pixels.height, maxPixels);
    return { data: held(pixels.data), width: pixels.width, height: pixels.height };
  } catch (error) {
    throwIfAborted(stopper.signal);
    throw error instanceof MnnFaceError ? error : decodeError(error, maxPixels);
  } finally {
    clearTimeout(timer);
  }
}

async function decodeRaw({ data, width, height, channels }: OwnPixels): Promise<Pixels> {
  if (channels === 3) return { data, width, height };
  const options = { raw: { width, height, channels }, limitInputPixels: Number.MAX_SAFE_INTEGER };
  const pixels = await toRgb(loadSharp()(data, options));
  return { ...pixels, data: held(pixels.data) };
}

/** @internal Calls `work` with what stops native code when the signal fires. */
export async function cancellable<T>(
  signal: AbortSignal | undefined,
  work: (cancellation: Cancellation | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return await work(undefined);
  const cancellation = new (native().Cancellation)();
  const forget = onAbort(signal, () => cancellation.cancel());
  try {
    return await work(cancellation);
  } catch (error) {
    // The addon knows only that it was stopped, not why.
    throwIfAborted(signal);
    throw error;
  } finally {
    forget();
  }
}

/** @internal A picture to find faces in, perhaps smaller than it is. */
export interface Decoded {
  pixels: Pixels;
  /** Of the picture at full size. */
  width: number;
  height: number;
  /** What was wrong with a damaged file; with `decodeErrors: 'fail'` nothing. */
  warnings: readonly string[];
  /** The pixels at full size, decoded anew unless they are these. */
  full(): Promise<Pixels>;
}

async function decodeJpeg(
  bytes: Uint8Array,
  options: DecodeOptions,
  leastSide: number,
  signal: AbortSignal | undefined,
) {
  const { maxPixels, decodeErrors } = options;
  return await cancellable(signal, (cancellation) =>
    native().decodeJpeg(bytes, { maxPixels, leastSide, decodeErrors, cancellation }),
  );
}

/**
 * @internal Decodes to interleaved 8-bit RGB, the EXIF orientation applied, the colour profile ignored
 * and alpha dropped: what `cv2.imread` gives, in RGB order. Of an animation, the first frame. A JPEG
 * with `leastSide` above 0 at the smallest of 1/1, 1/2, 1/4 and 1/8 whose shorter side is at least so
 * long.
 *
 * @throws MnnFaceError `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`, `ERR_TIMEOUT`, `ERR_ABORTED`
 */
export async function decodePicture(
  loaded: LoadedPicture,
  options: DecodeOptions,
  leastSide = 0,
  signal?: AbortSignal,
): Promise<Decoded> {
  throwIfAborted(signal);
  if (loaded.kind === 'raw') return whole(await decodeRaw(loaded.picture), []);
  const { bytes, format } = loaded;
  if (format === 'jpeg') {
    const jpeg = await decodeJpeg(bytes, options, leastSide, signal);
    if (jpeg !== undefined) {
      const { fullWidth: width, fullHeight: height, warnings } = jpeg;
      if (jpeg.width === width && jpeg.height === height) return whole(jpeg, warnings);
      const full = async () => (await decodePicture(loaded, options, 0, signal)).pixels;
      return { pixels: jpeg, width, height, warnings, full };
    }
  }
  return whole(await decodeAny(bytes, format, options, signal), []);
}

function whole(pixels: Pixels, warnings: readonly string[]): Decoded {
  const { width, height } = pixels;
  return { pixels, width, height, warnings, full: async () => pixels };
}
