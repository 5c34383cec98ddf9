/**
 * Only the first picture of a file, and none of its texts: decoders look through all of an
 * animation's frames, a document's pages and a file's texts before they give the first pixel, which
 * takes minutes and gigabytes for files that were made for it.
 */
import { MnnFaceError } from '../errors.js';
import type { PictureFormat } from './format.js';
import { held } from './own-bytes.js';

/** Parts of a file before its pixels; no honest one has so many. */
const MOST_PARTS = 1_000_000;
/** Texts of a PNG that are left where they are. */
const FEW_TEXTS = 8;

function tooManyParts(): MnnFaceError {
  return new MnnFaceError(
    'ERR_IMAGE_DECODE',
    (picture) => `Cannot decode ${picture}: it has a million parts that are no pixels.`,
  );
}

/** The place after a GIF's first frame, or undefined where the file is not as it should be. */
function endOfFirstFrame(bytes: Uint8Array): number | undefined {
  const at = (place: number) => bytes[place] ?? Number.NaN;
  const tableSize = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let parts = 0;
  const afterBlocks = (from: number): number => {
    let place = from;
    for (let length = at(place); length > 0; length = at(place)) {
      if (++parts > 4 * MOST_PARTS) throw tooManyParts();
      place += length + 1;
    }
    return place + 1;
  };
  let place = 13 + tableSize(at(10));
  for (;;) {
    if (++parts > MOST_PARTS) throw tooManyParts();
    const kind = at(place);
    if (kind === 0x21) place = afterBlocks(place + 2);
    else if (kind === 0x2c) return afterBlocks(place + 11 + tableSize(at(place + 9)));
    else return undefined;
  }
}

function firstOfGif(bytes: Uint8Array): Uint8Array {
  const end = endOfFirstFrame(bytes);
  // The trailer is all that is left.
  if (end === undefined || end + 1 >= bytes.byteLength) return bytes;
  const first = new Uint8Array(end + 1);
  first.set(bytes.subarray(0, end));
  first[end] = 0x3b;
  return held(first);
}

/** The place of the offset of a TIFF's second directory, and how many bytes it has. */
function placeOfNext(view: DataView): { place: number; size: 4 | 8 } {
  const little = view.getUint8(0) === 0x49;
  if (view.getUint16(2, little) === 43) {
    const directory = Number(view.getBigUint64(8, little));
    return { place: directory + 8 + 20 * Number(view.getBigUint64(directory, little)), size: 8 };
  }
  const directory = view.getUint32(4, little);
  return { place: directory + 2 + 12 * view.getUint16(directory, little), size: 4 };
}

function firstOfTiff(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { place, size } = placeOfNext(view);
    const next = bytes.subarray(place, place + size);
    if (next.byteLength !== size || next.every((byte) => byte === 0)) return bytes;
    // The bytes are others' too (their hash is a key); a copy is for the decoder alone.
    const first = new Uint8Array(bytes);
    first.fill(0, place, place + size);
    return held(first);
  } catch (error) {
    // An offset beyond the file: the decoder will say so.
    if (error instanceof RangeError) return bytes;
    throw error;
  }
}

/** The chunks of a PNG up to its pixels: [from, to, name]. */
function chunksBeforePixels(bytes: Uint8Array): [number, number, string][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: [number, number, string][] = [];
  for (let from = 8; from + 12 <= bytes.byteLength; ) {
    const name = String.fromCharCode(...bytes.subarray(from + 4, from + 8));
    if (name === 'IDAT' || name === 'IEND') break;
    if (chunks.length > MOST_PARTS / 10) throw tooManyParts();
    const to = Math.min(bytes.byteLength, from + 12 + view.getUint32(from));
    chunks.push([from, to, name]);
    from = to;
  }
  return chunks;
}

function withoutTexts(bytes: Uint8Array): Uint8Array {
  const chunks = chunksBeforePixels(bytes);
  const isText = (name: string) => name === 'zTXt' || name === 'iTXt' || name === 'tEXt';
  if (chunks.filter(([, , name]) => isText(name)).length <= FEW_TEXTS) return bytes;
  const parts = chunks.filter(([, , name]) => !isText(name));
  const rest = chunks.at(-1)?.[1] ?? 8;
  const kept = [
    bytes.subarray(0, 8),
    ...parts.map(([from, to]) => bytes.subarray(from, to)),
    bytes.subarray(rest),
  ];
  return held(new Uint8Array(Buffer.concat(kept)));
}

/** An animated WebP's head, first frame and EXIF. */
function firstOfWebp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  let frames = 0;
  let parts = 0;
  for (let from = 12; from + 8 <= bytes.byteLength; ) {
    if (++parts > MOST_PARTS) throw tooManyParts();
    const name = String.fromCharCode(...bytes.subarray(from, from + 4));
    const length = view.getUint32(from + 4, true);
    const to = from + 8 + length + (length & 1);
    if (name !== 'ANMF' || ++frames === 1) kept.push(bytes.subarray(from, to));
    from = to;
  }
  if (frames < 2) return bytes;
  const head = Buffer.from(bytes.subarray(0, 12));
  const first = Buffer.concat([head, ...kept]);
  first.writeUInt32LE(first.byteLength - 8, 4);
  return held(new Uint8Array(first));
}

/** @internal The bytes that a decoder needs for the first picture. */
export function firstPicture(bytes: Uint8Array, format: PictureFormat): Uint8Array {
  if (format === 'gif') return firstOfGif(bytes);
  if (format === 'tiff') return firstOfTiff(bytes);
  if (format === 'webp') return firstOfWebp(bytes);
  return format === 'png' ? withoutTexts(bytes) : bytes;
}
