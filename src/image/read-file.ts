/** Files: opened once, so that what is checked is what is read. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../abort.js';
import { codeOf, MnnFaceError, messageOf, shown } from '../errors.js';
import { GrowingBytes, tooManyBytes } from './growing-bytes.js';

/** A read of this much takes some milliseconds; then an abort is looked for. */
const PIECE = 8 * 1024 * 1024;
/** Longer than any system's paths. */
const LONGEST_PATH = 32_767;

// A pipe without a writer must not hang the opening, nor a terminal become ours. Windows has neither.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

function unreadable(path: string, reason: string, cause?: unknown): MnnFaceError {
  // An error of Node's has the path in it, twice: a long one may be a picture itself.
  const details = cause === undefined || path.length > 1024 ? {} : { cause };
  return new MnnFaceError(
    'ERR_IMAGE_DECODE',
    () => `Cannot read the picture ${shown(path)}: ${reason}.`,
    details,
  );
}

/** What looks like a picture in base64 is no path. */
function looksEncoded(text: string): boolean {
  return text.length > 255 && /^[A-Za-z0-9+/_=-]{255}/.test(text);
}

function checkPath(path: string): void {
  if (path === '') throw unreadable('""', 'the path is empty');
  if (path.includes('\0')) throw unreadable(path, 'a path cannot have a NUL character in it');
  if (looksEncoded(path)) {
    throw unreadable(
      path,
      "it looks like base64, not like a path. Give a data: URL, or Buffer.from(text, 'base64')",
    );
  }
  if (path.length > LONGEST_PATH) throw unreadable(path, 'no path can be so long');
}

async function readAll(
  file: FileHandle,
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const stats = await file.stat();
  if (!stats.isFile()) {
    throw unreadable(path, 'it is not a regular file. Give a stream of a pipe or device');
  }
  if (stats.size > maxBytes) throw tooManyBytes(maxBytes);
  // One more, to see the end; some files of the system say 0 and have more.
  const bytes = new GrowingBytes(maxBytes, stats.size + 1);
  for (;;) {
    throwIfAborted(signal);
    // At the limit one more byte decides.
    const room = bytes.full ? new Uint8Array(1) : bytes.room();
    const { bytesRead } = await file.read(room, 0, Math.min(room.byteLength, PIECE), null);
    if (bytesRead === 0) return bytes.done();
    if (bytes.full) throw tooManyBytes(maxBytes);
    bytes.wrote(bytesRead);
  }
}

/** @internal All of a regular file, at most `maxBytes` of it. */
export async function readPath(
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  checkPath(path);
  let file: FileHandle | undefined;
  try {
    file = await open(path, FLAGS);
    return await readAll(file, path, maxBytes, signal);
  } catch (error) {
    if (error instanceof MnnFaceError) throw error;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      ENOTDIR: 'there is no such file',
      ENAMETOOLONG: 'the path, or a name in it, is too long',
      EISDIR: 'it is a folder',
      EACCES: 'this user may not read it',
    };
    throw unreadable(path, reasons[codeOf(error) ?? ''] ?? shown(messageOf(error)), error);
  } finally {
    await file?.close();
  }
}
