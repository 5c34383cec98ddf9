/** Decoding to the same RGB bytes as OpenCV's imread. */
import type sharp from 'sharp';
import { MnnFaceError, messageOf } from '../errors.js';
import { native, type Pixels } from '../native.js';
import { checkPixelCount, type LoadedPicture } from './picture.js';
import { loadSharp } from './sharp.js';

/** Default of `maxPixels`: 100 megapixels. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** sharp's own ceiling for `limitInputPixels`. */
const MOST_PIXELS = Number.MAX_SAFE_INTEGER;

function decodeError(error: unknown, name: string, maxPixels: number): MnnFaceError {
  const message = messageOf(error);
  if (/pixel limit/i.test(message)) {
    return new MnnFaceError(
      'ERR_IMAGE_TOO_LARGE',
      `${name} has more pixels than the limit of ${maxPixels}. Raise maxPixels if it is trusted.`,
      { cause: error },
    );
  }
  return new MnnFaceError('ERR_IMAGE_DECODE', `Cannot decode ${name}: ${message}`, {
    cause: error,
  });
}

async function toRgb(pipeline: sharp.Sharp): Promise<Pixels> {
  const { data, info } = await pipeline
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`the decoder gave ${info.channels} channels`);
  return { data, width: info.width, height: info.height };
}

/** By sharp: any format, and the say over what is damaged. */
async function decodeAny(bytes: Uint8Array, name: string, maxPixels: number): Promise<Pixels> {
  try {
    const pixels = await toRgb(
      loadSharp()(bytes, {
        autoOrient: true,
        ignoreIcc: true,
        failOn: 'error',
        limitInputPixels: Math.min(maxPixels, MOST_PIXELS),
      }),
    );
    checkPixelCount(pixels.width, pixels.height, maxPixels);
    return pixels;
  } catch (error) {
    throw error instanceof MnnFaceError ? error : decodeError(error, name, maxPixels);
  }
}

/**
 * Decodes to interleaved 8-bit RGB, the EXIF orientation applied, the colour profile ignored and
 * alpha dropped: what `cv2.imread` gives, in RGB order. Of an animation, the first frame.
 *
 * @throws MnnFaceError `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`
 */
export async function decodePicture(loaded: LoadedPicture, maxPixels: number): Promise<Pixels> {
  if (loaded.kind === 'raw') {
    const { data, width, height, channels } = loaded.picture;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (channels === 3) return { data: bytes, width, height };
    return await toRgb(
      loadSharp()(bytes, { raw: { width, height, channels }, limitInputPixels: MOST_PIXELS }),
    );
  }
  if (loaded.bytes.byteLength === 0) {
    throw new MnnFaceError('ERR_IMAGE_DECODE', `Cannot decode ${loaded.name}: it is empty.`);
  }
  const jpeg = await native().decodeJpeg(loaded.bytes, { maxPixels, leastSide: 0 });
  return jpeg ?? (await decodeAny(loaded.bytes, loaded.name, maxPixels));
}

/** @internal A picture to find faces in, perhaps smaller than it is. */
export interface Decoded {
  pixels: Pixels;
  /** Of the picture at full size. */
  width: number;
  height: number;
  /** The pixels at full size, decoded anew unless they are these. */
  full(): Promise<Pixels>;
}

/**
 * @internal As `decodePicture()`; of a JPEG with `leastSide` above 0 at the smallest of 1/1, 1/2, 1/4
 * and 1/8 whose shorter side is at least so long.
 */
export async function decodeAtLeast(
  loaded: LoadedPicture,
  maxPixels: number,
  leastSide: number,
): Promise<Decoded> {
  if (leastSide > 0 && loaded.kind === 'encoded') {
    const pixels = await native().decodeJpeg(loaded.bytes, { maxPixels, leastSide });
    if (pixels !== undefined) {
      const { fullWidth: width, fullHeight: height } = pixels;
      const isFull = pixels.width === width && pixels.height === height;
      const full = async () => (isFull ? pixels : await decodePicture(loaded, maxPixels));
      return { pixels, width, height, full };
    }
  }
  const pixels = await decodePicture(loaded, maxPixels);
  return { pixels, width: pixels.width, height: pixels.height, full: async () => pixels };
}
