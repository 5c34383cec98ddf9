/** Where a gallery's file can be. */
import { resolve } from 'node:path';
import { checkString, rangeError } from '../../arguments.js';

/**
 * The absolute path of a gallery's file.
 *
 * @internal
 * @throws TypeError or RangeError for what is no file's name.
 */
export function locateFile(value: unknown): string {
  const file = checkString('file', value);
  if (file.trim() === '') throw rangeError('file', "a file's path", file);
  if (file.includes('\0')) throw rangeError('file', 'a path without a NUL character', file);
  // SQLite's driver cuts blanks off, and would then open another file than the one that is named.
  if (file !== file.trim()) throw rangeError('file', 'a path without blanks around it', file);
  if (file.toLowerCase() === ':memory:') {
    throw rangeError(
      'file',
      "a file's path, since galleries are kept in files (for a test, one in a temporary folder)",
      file,
    );
  }
  return resolve(file);
}
