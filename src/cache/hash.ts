/** Hashes of pictures: what cached results are found by. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { LoadedPicture } from '../image/picture.js';
import type { Pixels } from '../native.js';

/**
 * `'md5'` gives the keys that the original system has. It is not safe against people: two pictures
 * with the same MD5 can be made on purpose, and one would pose as the other.
 */
export type PictureHash = 'sha256' | 'md5';

/** Hashing more than this at once would hold up the event loop for a millisecond. */
const CHUNK = 1024 * 1024;

async function digest(algorithm: PictureHash, head: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash(algorithm).update(head);
  for (let at = 0; at < bytes.byteLength; at += CHUNK) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + CHUNK));
  }
  return hash.digest('hex');
}

/**
 * The SHA-256 of a picture as it was given, and of which kind it was: `file:` and that of the
 * encoded bytes, or `raw:`, the size and that of the pixels. No file can pass for raw pixels.
 */
export async function contentHash(loaded: LoadedPicture): Promise<string> {
  if (loaded.kind === 'encoded') return `file:${await digest('sha256', '', loaded.bytes)}`;
  const { data, width, height, channels } = loaded.picture;
  return `raw:${width}x${height}x${channels}:${await digest('sha256', '', data)}`;
}

/**
 * What galleries know a picture by, 64 hexadecimal digits: the SHA-256 of the encoded bytes; for raw
 * pixels that of their `contentHash()` after a word that no format begins with.
 */
export async function enrolledHash(loaded: LoadedPicture): Promise<string> {
  if (loaded.kind === 'encoded') return await digest('sha256', '', loaded.bytes);
  const { data, width, height, channels } = loaded.picture;
  return await digest('sha256', `raw ${width}x${height}x${channels}\n`, data);
}

/** The hash of the decoded RGB bytes; the size is told apart by the caller. */
export async function pixelHash(pixels: Pixels, algorithm: PictureHash): Promise<string> {
  return await digest(algorithm, '', pixels.data);
}
