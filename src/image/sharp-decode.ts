/** Decoding by sharp, in this process or in one of its own: nothing here needs the rest of the package. */
import type sharp from 'sharp';
import type { PictureFormat } from './format.js';
import { loadSharp } from './sharp.js';

/** sharp's own ceiling for `limitInputPixels`. */
const MOST_PIXELS = Number.MAX_SAFE_INTEGER;

/** @internal */
export interface SharpJob {
  /** What the first bytes say; sharp must see the same. */
  format: PictureFormat;
  maxPixels: number;
  /** A decode that libvips can stop is stopped after this. */
  timeoutMs: number;
}

/** @internal */
export interface RgbPixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** What sharp calls our formats. */
const SHARP_NAMES: Partial<Record<PictureFormat, string>> = { avif: 'heif', heic: 'heif' };

function open(bytes: Uint8Array, { maxPixels, timeoutMs }: SharpJob): sharp.Sharp {
  return loadSharp()(bytes, {
    autoOrient: true,
    ignoreIcc: true,
    failOn: 'error',
    limitInputPixels: Math.min(maxPixels, MOST_PIXELS),
  }).timeout({ seconds: Math.min(3600, Math.ceil(timeoutMs / 1000)) });
}

/** @internal The size that a file's header says, before its EXIF orientation. Nothing is decoded. */
export async function readHeader(
  bytes: Uint8Array,
  job: SharpJob,
): Promise<{ width: number; height: number }> {
  const { format, width, height } = await open(bytes, job).metadata();
  // libvips looks for itself what a file is; what was not allowed must not come in by its eyes.
  if (format !== (SHARP_NAMES[job.format] ?? job.format)) {
    throw new Error(`it begins as ${job.format}, but libvips takes it for ${String(format)}`);
  }
  return { width, height };
}

/** @internal 8-bit RGB. */
export async function toRgb(pipeline: sharp.Sharp): Promise<RgbPixels> {
  const { data, info } = await pipeline
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`the decoder gave ${info.channels} channels`);
  return { data, width: info.width, height: info.height };
}

/** @internal The EXIF orientation applied, the colour profile ignored, alpha dropped: as imread. */
export async function decodeBySharp(bytes: Uint8Array, job: SharpJob): Promise<RgbPixels> {
  return await toRgb(open(bytes, job));
}
