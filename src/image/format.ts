/** What a file is, by its first bytes: nothing else is asked before a decoder is. */
import { MnnFaceError } from '../errors.js';

/** All formats that can be named; which of the others sharp decodes depends on its libvips. */
export const FORMATS = [
  'jpeg',
  'png',
  'webp',
  'gif',
  'tiff',
  'avif',
  'heic',
  'jp2',
  'jxl',
  'svg',
  'pdf',
] as const;

/** The name of a picture format. */
export type PictureFormat = (typeof FORMATS)[number];

/** Default of `formats`: pixels only. */
export const DEFAULT_FORMATS: readonly PictureFormat[] = [
  'jpeg',
  'png',
  'webp',
  'gif',
  'tiff',
  'avif',
];

/** Formats that are programs: they draw what they like for as long as they like. */
export const DRAWN: ReadonlySet<PictureFormat> = new Set(['svg', 'pdf']);

/** How far into a text `<svg` is looked for, as libvips does. */
const SVG_HEAD = 4096;

const MAGIC: readonly (readonly [PictureFormat, number, string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['webp', 8, 'WEBP'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
  ['jxl', 0, '\xff\x0a'],
  ['jxl', 4, 'JXL \r\n\x87\n'],
  ['jp2', 4, 'jP  \r\n\x87\n'],
  ['jp2', 0, '\xff\x4f\xff\x51'],
  ['pdf', 0, '%PDF-'],
  // A gzipped file can be an SVG only.
  ['svg', 0, '\x1f\x8b'],
];

/** The brands of an ISO base media file say which codec it needs. */
function ofBrands(head: string): PictureFormat | undefined {
  if (head.slice(4, 8) !== 'ftyp') return undefined;
  const brands = head.slice(8, 128).match(/.{4}/gs) ?? [];
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return brands.some((brand) => /^(hei[cxms]|hev[cx]|mif1|msf1)$/.test(brand)) ? 'heic' : undefined;
}

/** @internal */
export function sniffFormat(bytes: Uint8Array): PictureFormat | undefined {
  const { buffer, byteOffset, byteLength } = bytes;
  const head = Buffer.from(buffer, byteOffset, Math.min(byteLength, SVG_HEAD)).toString('latin1');
  for (const [format, at, magic] of MAGIC) {
    if (head.startsWith(magic, at) && (format !== 'webp' || head.startsWith('RIFF'))) return format;
  }
  const media = ofBrands(head);
  if (media !== undefined) return media;
  return /^(\xef\xbb\xbf)?\s*</.test(head) && /<(\w+:)?svg/i.test(head) ? 'svg' : undefined;
}

const WHY_REFUSED: Partial<Record<PictureFormat, string>> = {
  svg: 'an SVG is a program that draws, and may take any time and memory',
  pdf: 'a PDF is a program that draws, and may take any time and memory',
};

/**
 * @internal The format of an encoded picture.
 *
 * @throws MnnFaceError `ERR_IMAGE_DECODE` when it is none of `allowed`.
 */
export function checkFormat(bytes: Uint8Array, allowed: readonly PictureFormat[]): PictureFormat {
  const format = sniffFormat(bytes);
  if (format !== undefined && allowed.includes(format)) return format;
  const list = allowed.join(', ');
  throw new MnnFaceError('ERR_IMAGE_DECODE', (picture) => {
    if (bytes.byteLength === 0) return `Cannot decode ${picture}: it is empty.`;
    if (format === undefined) {
      return `Cannot decode ${picture}: its first bytes are of no format in the option formats (${list}).`;
    }
    const why = WHY_REFUSED[format] ?? `${format} is not in the option formats`;
    return `Cannot decode ${picture}: ${why}. Allowed are ${list}. To allow it for pictures that you trust, add '${format}' to the option formats.`;
  });
}
