/** The folders that are written to: downloads under a lock, models whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import lockfile from 'proper-lockfile';
import { writeError } from './failure.js';

/** A lock that nobody renews for so long is a dead process's. */
const STALE_MS = 15_000;

/** Waits as long as it takes: whoever holds the lock fetches or converts what we want too. */
const WAIT = { forever: true, minTimeout: 100, maxTimeout: 1000, factor: 1.5 } as const;

/**
 * Calls `work` while no other call or process works on `name` in that folder.
 *
 * @param onWait - Called once when the lock is another's.
 */
export async function withLock<T>(
  folder: string,
  name: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, name);
  // Renamed into place only when whole: a lock that was taken away by force does no harm.
  const options = { realpath: false, stale: STALE_MS, onCompromised: () => undefined };
  let release: (() => Promise<void>) | undefined;
  try {
    await mkdir(folder, { recursive: true });
    try {
      release = await lockfile.lock(path, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      onWait();
      release = await lockfile.lock(path, { ...options, retries: WAIT });
    }
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
    await rm(partial, { force: true });
  }
  await rm(file, { force: true });
  return target;
}

/** Removes a folder that holds nothing any more. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}
