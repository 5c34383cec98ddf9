/** What callers may give as a picture, and how it becomes bytes or pixels. */
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isAnyArrayBuffer, isUint8Array } from 'node:util/types';
import { checkInteger, checkOneOf, rangeError, typeError } from '../arguments.js';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';

/**
 * Decoded pixels of one's own: 8 bits a channel, interleaved, rows without gaps, top row first.
 * 1 channel: grey; 2: grey, alpha; 3: RGB; 4: RGBA. Alpha is ignored. The data must not be changed
 * or transferred before the call that got it settles.
 */
export interface RawPicture {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/**
 * A picture: the path or `file:` URL of a file; the bytes of an encoded file (JPEG, PNG, WebP, GIF,
 * TIFF, AVIF, SVG); a stream or other async iterable of such bytes; or raw pixels.
 */
export type Picture =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | AsyncIterable<Uint8Array>
  | RawPicture;

/** Encoded files beyond this are refused unread: 256 MiB. */
const MOST_ENCODED_BYTES = 256 * 1024 * 1024;

/** @internal What a picture is after reading: still encoded, or pixels already. */
export type LoadedPicture =
  | { kind: 'encoded'; bytes: Uint8Array; name: string; borrowed?: boolean }
  | { kind: 'raw'; picture: RawPicture; name: string };

function isRawPicture(value: object): value is RawPicture {
  return 'data' in value && 'width' in value && 'height' in value;
}

function isAsyncIterable(value: object): value is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in value;
}

function checkRaw(picture: RawPicture, maxPixels: number): RawPicture {
  const width = checkInteger('picture.width', picture.width, 1, 2 ** 24);
  const height = checkInteger('picture.height', picture.height, 1, 2 ** 24);
  const channels = checkOneOf('picture.channels', picture.channels, [1, 2, 3, 4]);
  checkPixelCount(width, height, maxPixels);
  const { data } = picture;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw typeError('picture.data', 'a Uint8Array or Uint8ClampedArray', data);
  }
  if (data.byteLength !== width * height * channels) {
    throw rangeError(
      'picture.data',
      `${width * height * channels} bytes long (${width} x ${height} x ${channels})`,
      data.byteLength,
    );
  }
  if ((data.buffer as { resizable?: boolean }).resizable) {
    throw typeError('picture.data', 'on a buffer of fixed size', data);
  }
  return picture;
}

/** @internal Throws ERR_IMAGE_TOO_LARGE. */
export function checkPixelCount(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new MnnFaceError(
      'ERR_IMAGE_TOO_LARGE',
      `The picture has ${width} x ${height} pixels, more than the limit of ${maxPixels}. Raise maxPixels if it is trusted.`,
    );
  }
}

async function readPath(path: string): Promise<Uint8Array> {
  try {
    const stats = await stat(path);
    // A pipe or device has no size to be checked beforehand; a stream of it is read with the limit.
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > MOST_ENCODED_BYTES) throw tooManyBytes(path);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MnnFaceError) throw error;
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new MnnFaceError('ERR_IMAGE_DECODE', `Cannot read the picture ${path}: ${reason}.`, {
      cause: error,
    });
  }
}

function tooManyBytes(name: string): MnnFaceError {
  return new MnnFaceError(
    'ERR_IMAGE_TOO_LARGE',
    `${name} is larger than ${MOST_ENCODED_BYTES} bytes, the limit for encoded pictures.`,
  );
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of chunks) {
      if (!isUint8Array(chunk)) throw typeError('A chunk of the picture stream', 'bytes', chunk);
      size += chunk.byteLength;
      if (size > MOST_ENCODED_BYTES) throw tooManyBytes('The picture stream');
      parts.push(chunk);
    }
  } catch (error) {
    if (error instanceof MnnFaceError || error instanceof TypeError) throw error;
    throw new MnnFaceError('ERR_IMAGE_DECODE', `The picture stream failed: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return Buffer.concat(parts, size);
}

/** @internal Reads a picture without decoding it. */
export async function loadPicture(picture: Picture, maxPixels: number): Promise<LoadedPicture> {
  if (typeof picture === 'string') {
    return { kind: 'encoded', bytes: await readPath(picture), name: picture };
  }
  if (typeof picture !== 'object' || picture === null) {
    throw typeError('picture', 'a path, a URL, bytes, a stream or raw pixels', picture);
  }
  if (picture instanceof URL) {
    if (picture.protocol !== 'file:') {
      throw typeError(
        'picture',
        'a file: URL (fetch others yourself and give the bytes)',
        picture.href,
      );
    }
    const path = fileURLToPath(picture);
    return { kind: 'encoded', bytes: await readPath(path), name: path };
  }
  if (isUint8Array(picture))
    return { kind: 'encoded', bytes: picture, name: 'the picture', borrowed: true };
  if (isAnyArrayBuffer(picture)) {
    return {
      kind: 'encoded',
      bytes: new Uint8Array(picture),
      name: 'the picture',
      borrowed: true,
    };
  }
  if (isRawPicture(picture)) {
    return { kind: 'raw', picture: checkRaw(picture, maxPixels), name: 'the picture' };
  }
  if (isAsyncIterable(picture)) {
    return { kind: 'encoded', bytes: await readAll(picture), name: 'the picture' };
  }
  throw typeError('picture', 'a path, a URL, bytes, a stream or raw pixels', picture);
}

/** @internal The picture on memory of our own, so that nobody can change or transfer it. */
export function copyOfMemory(loaded: LoadedPicture): LoadedPicture {
  // Not slice(): that of a Buffer shares its memory.
  if (loaded.kind === 'encoded') {
    return loaded.borrowed ? { ...loaded, bytes: new Uint8Array(loaded.bytes) } : loaded;
  }
  const { picture } = loaded;
  return { ...loaded, picture: { ...picture, data: new Uint8Array(picture.data) } };
}
