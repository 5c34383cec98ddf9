/** The folders that are written to: downloads under a lock, models whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { throwIfAborted } from '../../abort.js';
import { codeOf } from '../../errors.js';
import { writeError } from './failure.js';

/** A lock that nobody renews for so long is a dead process's. */
const STALE_MS = 6000;

const ASK_AGAIN_MS = 250;

/** What a lock is taken for, and what to do while it is another's. */
export interface LockOptions {
  /** Called once when the lock is another's. */
  onWait?: () => void;
  signal?: AbortSignal | undefined;
}

/** Waits as long as it takes: whoever holds the lock fetches or converts what we want too. */
async function lock(
  folder: string,
  name: string,
  { onWait, signal }: LockOptions,
): Promise<() => Promise<void>> {
  // Renamed into place only when whole: a lock that was taken away by force does no harm.
  const options = { realpath: false, stale: STALE_MS, onCompromised: () => undefined };
  for (let turn = 0; ; turn++) {
    throwIfAborted(signal);
    await mkdir(folder, { recursive: true });
    try {
      return await lockfile.lock(join(folder, name), options);
    } catch (error) {
      // ENOENT: whoever had the lock removed the folder, which was empty then.
      if (codeOf(error) === 'ENOENT') continue;
      if (codeOf(error) !== 'ELOCKED') throw error;
    }
    if (turn === 0) onWait?.();
    await setTimeout(ASK_AGAIN_MS);
  }
}

/**
 * Calls `work` while no other call or process works on `name` in that folder.
 *
 * @throws MnnFaceError `ERR_ABORTED`; `ERR_MODEL_MISSING` when the folder cannot be written to
 */
export async function withLock<T>(
  folder: string,
  name: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  let release: () => Promise<void>;
  try {
    release = await lock(folder, name, options);
  } catch (error) {
    throw writeError(folder, error);
  }
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}

/** Copies the bytes, not the mode: a read-only file's copy must be writable. */
export async function copyContent(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createWriteStream(to, { flush: true }));
}

/** Moves a file that was checked to where it is kept; no other process ever sees half of it. */
export async function keep(file: string, folder: string, name: string): Promise<string> {
  const target = join(folder, name);
  const partial = join(folder, `.${name}.${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true });
    // Not a rename of the file itself: it may be on another file system.
    await copyContent(file, partial);
    await rename(partial, target);
  } catch (error) {
    throw writeError(folder, error);
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
  await rm(file, { force: true });
  return target;
}

/** Removes a folder that holds nothing any more. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}
