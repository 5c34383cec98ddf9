/** What is wrong with a gallery's file, in words. */
import pRetry from 'p-retry';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';

/** Some ten seconds in all. */
const RETRIES = { retries: 70, minTimeout: 5, factor: 1.5, maxTimeout: 200, randomize: true };

/** @internal */
export function closedError(): MnnFaceError {
  return new MnnFaceError('ERR_CLOSED', 'The gallery is closed. Open it again.');
}

/** @internal */
export function readOnlyError(file: string, cause?: unknown): MnnFaceError {
  return new MnnFaceError(
    'ERR_GALLERY',
    `The gallery ${file} can only be read here: its file or its folder is not writable${cause === undefined ? '' : ` (${messageOf(cause)})`}. Nothing was changed. Give this user the right to write to both, or work on a copy.`,
    { cause },
  );
}

/** @internal Whether the system, and no damage, stands against writing. */
export function refusesWriting(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    ['EACCES', 'EROFS', 'EPERM'].includes(code)
  );
}

/** @internal The error as an `MnnFaceError`, with what to do. */
export function explain(file: string, error: unknown): unknown {
  if (error instanceof MnnFaceError || error instanceof TypeError) return error;
  const code = codeOf(error) ?? '';
  const gallery = (text: string) => new MnnFaceError('ERR_GALLERY', text, { cause: error });
  if (code.startsWith('SQLITE_CORRUPT')) {
    return gallery(
      `The gallery ${file} is damaged (${messageOf(error)}). It was left as it is: put back a copy of it, or begin a new file and import an export.`,
    );
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return gallery(
      `${file} is no gallery and no database at all, or it is damaged. It was left as it is; use another file, or put back a copy.`,
    );
  }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return gallery(
      `There is no room for the gallery ${file} on its disk. Nothing was changed; make room and try again.`,
    );
  }
  if (code.startsWith('SQLITE_READONLY')) return readOnlyError(file, error);
  if (isBusy(error)) {
    return gallery(
      `The gallery ${file} was locked by another process for too long. Nothing was changed; try again.`,
    );
  }
  return gallery(`The gallery ${file} cannot be used: ${messageOf(error)}`);
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/**
 * Does the work; while another process has the file locked, again and again.
 *
 * @internal
 */
export async function whenFree<T>(file: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (!isBusy(error)) throw explain(file, error);
  }
  try {
    return await pRetry(() => {
      try {
        return work();
      } catch (error) {
        if (isBusy(error)) throw error;
        throw new pRetry.AbortError(error instanceof Error ? error : new Error(messageOf(error)));
      }
    }, RETRIES);
  } catch (error) {
    throw explain(file, error);
  }
}
