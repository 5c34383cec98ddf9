/** What callers may give as a picture, and how it becomes bytes or pixels. */
import { fileURLToPath } from 'node:url';
import { isAnyArrayBuffer, isUint8Array, isUint8ClampedArray } from 'node:util/types';
import { checkInteger, checkOneOf, rangeError, typeError } from '../arguments.js';
import { MnnFaceError } from '../errors.js';
import type { Pixels } from '../native.js';
import { isDataUrl, readDataUrl } from './data-url.js';
import type { PictureFormat } from './format.js';
import { tooManyBytes } from './growing-bytes.js';
import { ownBytes } from './own-bytes.js';
import { readPath } from './read-file.js';
import { byteSource, readSource } from './read-stream.js';

/**
 * Decoded pixels of one's own: 8 bits a channel, interleaved, rows without gaps, top row first.
 * 1 channel: grey; 2: grey, alpha; 3: RGB; 4: RGBA. Alpha is ignored. The data is copied: up to
 * 32 MiB before the call returns its promise, more while it is pending, when it must not change.
 */
export interface RawPicture {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/**
 * A picture: the path or `file:` URL of a file; a `data:` URL (base64 or percent-encoded); the bytes
 * of an encoded file (JPEG, PNG, WebP, GIF, TIFF, AVIF; others by the option `formats`); a stream or
 * other async iterable of such bytes; or raw pixels.
 *
 * Bytes are copied: up to 32 MiB before the call returns its promise, so that their memory may be
 * used again at once; more while it is pending. Streams are read to their end; one that is given up
 * (aborted, closed, too large) is destroyed.
 */
export type Picture =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | RawPicture;

/** Default of `maxBytes`: 256 MiB. */
export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** @internal Raw pixels on memory of our own. */
export interface OwnPixels extends Pixels {
  readonly channels: 1 | 2 | 3 | 4;
}

/** @internal What a picture is after reading, on memory of our own: still encoded, or pixels already. */
export type LoadedPicture =
  | { kind: 'encoded'; bytes: Uint8Array; format: PictureFormat }
  | { kind: 'raw'; picture: OwnPixels };

/** @internal Bytes whose format nobody has looked at yet, or pixels. */
export type ReadPicture =
  | { kind: 'encoded'; bytes: Uint8Array }
  | { kind: 'raw'; picture: OwnPixels };

/** @internal The limits that are looked at before a picture is decoded. */
export interface PictureLimits {
  maxPixels: number;
  maxBytes: number;
}

/** @internal A picture that was taken from a caller: checked, and copied if it is the caller's memory. */
export interface Given {
  /** The path or short form of it, for messages; undefined for what has no name. */
  readonly path: string | undefined;
  /** Whether reading it takes a place: a file's descriptor, a stream's patience. */
  readonly waits: boolean;
  read(signal: AbortSignal | undefined): Promise<ReadPicture>;
  /** Ends a stream that will not be read. */
  release(): void;
}

const EXPECTED = 'a path, a URL, bytes, a stream or raw pixels';

function isRawPicture(value: object): value is RawPicture {
  return 'data' in value && 'width' in value && 'height' in value;
}

/** By what a URL has, not instanceof: it may come from another realm. */
function isUrl(value: object): value is URL {
  return (
    'href' in value &&
    typeof value.href === 'string' &&
    'protocol' in value &&
    typeof value.protocol === 'string'
  );
}

const nothing = () => undefined;

function ofPromise(promise: Promise<ReadPicture>): Given {
  // It is waited for later, or never when the call is refused.
  promise.catch(nothing);
  return { path: undefined, waits: false, read: () => promise, release: nothing };
}

function ofMemory(bytes: Uint8Array, maxBytes: number): Given {
  if (bytes.byteLength > maxBytes) throw tooManyBytes(maxBytes);
  // Nothing lies between the check and the copy, not even a turn of the event loop.
  return ofPromise(ownBytes(bytes).then((own) => ({ kind: 'encoded', bytes: own })));
}

function ofRaw(given: RawPicture, maxPixels: number): Given {
  const { data, ...size } = checkRaw(given, maxPixels);
  return ofPromise(
    ownBytes(data).then((own) => ({ kind: 'raw', picture: { ...size, data: own } })),
  );
}

function ofPath(path: string, maxBytes: number): Given {
  return {
    path,
    waits: true,
    read: async (signal) => ({ kind: 'encoded', bytes: await readPath(path, maxBytes, signal) }),
    release: nothing,
  };
}

function ofText(text: string, maxBytes: number): Given {
  if (!isDataUrl(text)) return ofPath(text, maxBytes);
  return {
    path: undefined,
    waits: false,
    read: async (signal) => ({ kind: 'encoded', bytes: await readDataUrl(text, maxBytes, signal) }),
    release: nothing,
  };
}

function ofUrl({ protocol, href }: URL, maxBytes: number): Given {
  if (protocol === 'file:') return ofPath(fileURLToPath(href), maxBytes);
  if (protocol === 'data:') return ofText(href, maxBytes);
  throw typeError(
    'picture',
    'a file: or data: URL (fetch others yourself and give the bytes)',
    href,
  );
}

/** Each property is asked for once: a getter may say something else the second time. */
function checkRaw(picture: RawPicture, maxPixels: number): RawPicture {
  const { data, ...size } = pick(picture);
  const width = checkInteger('picture.width', size.width, 1, 2 ** 24);
  const height = checkInteger('picture.height', size.height, 1, 2 ** 24);
  const channels = checkOneOf('picture.channels', size.channels, [1, 2, 3, 4]);
  checkPixelCount(width, height, maxPixels);
  if (!(isUint8Array(data) || isUint8ClampedArray(data))) {
    throw typeError('picture.data', 'a Uint8Array or Uint8ClampedArray', data);
  }
  if (data.byteLength !== width * height * channels) {
    throw rangeError(
      'picture.data',
      `${width * height * channels} bytes long (${width} x ${height} x ${channels})`,
      data.byteLength,
    );
  }
  return { data, width, height, channels };
}

function pick({ data, width, height, channels }: RawPicture): RawPicture {
  return { data, width, height, channels };
}

/** @internal Throws ERR_IMAGE_TOO_LARGE. */
export function checkPixelCount(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new MnnFaceError(
      'ERR_IMAGE_TOO_LARGE',
      (picture) =>
        `Cannot take ${picture}: it has ${width} x ${height} pixels, more than the limit of ${maxPixels}. Raise maxPixels if it is trusted.`,
    );
  }
}

/**
 * @internal Takes a picture from its caller, at once: when this returns, up to 32 MiB of the caller's
 * memory are copied, and an error of the caller's stream no longer ends the process.
 */
export function takePicture(picture: Picture, { maxPixels, maxBytes }: PictureLimits): Given {
  if (typeof picture === 'string') return ofText(picture, maxBytes);
  if (typeof picture !== 'object' || picture === null) {
    throw typeError('picture', EXPECTED, picture);
  }
  if (isUint8Array(picture)) return ofMemory(picture, maxBytes);
  if (isAnyArrayBuffer(picture)) return ofMemory(new Uint8Array(picture), maxBytes);
  if (isUrl(picture)) return ofUrl(picture, maxBytes);
  if (isRawPicture(picture)) return ofRaw(picture, maxPixels);
  const source = byteSource(picture);
  if (source === undefined) throw typeError('picture', EXPECTED, picture);
  return {
    path: undefined,
    waits: true,
    read: async (signal) => ({
      kind: 'encoded',
      bytes: await readSource(source, maxBytes, signal),
    }),
    release: () => source.cancel(),
  };
}

/** @internal From now on an error of this stream, if it is one, does not end the process. */
export function watchStream(picture: unknown): void {
  if (typeof picture === 'object' && picture !== null && !isUint8Array(picture)) {
    byteSource(picture);
  }
}

/** @internal Lets go of pictures that no call will read: streams are ended. */
export function releasePictures(pictures: readonly unknown[]): void {
  for (const picture of pictures) {
    if (typeof picture === 'object' && picture !== null && !isUint8Array(picture)) {
      byteSource(picture)?.cancel();
    }
  }
}
