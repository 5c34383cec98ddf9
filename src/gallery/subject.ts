/** The names of subjects: one person must have one name, however it was typed. */
import { rangeError, typeError } from '../arguments.js';

const MOST_NAME = 512;

/** @internal Of whom a name of blanks was kept, which earlier versions took in by an import. */
export const NAMELESS = 'unnamed';

/**
 * A name as galleries keep it: without blanks around it, and in Unicode's form NFC, so that é is one
 * letter whether it was typed as one or as e with an accent.
 *
 * @internal
 */
export function normalName(value: string): string {
  return value.normalize('NFC').trim();
}

/** What is wrong with a normal name, as the end of a sentence; undefined for a good one. */
function faultOf(name: string): [expected: string, found: string] | undefined {
  if (name.includes('\0')) return ['without a NUL character (U+0000)', name];
  if (/\p{Cs}/u.test(name))
    return ['whole text, without half a character (a lone surrogate)', name];
  if (!/[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Co}\p{Cn}]/u.test(name)) {
    return ['a name with at least one visible character', name];
  }
  if (name.length > MOST_NAME) {
    return [`at most ${MOST_NAME} characters long (this one has ${name.length})`, name];
  }
  return undefined;
}

/**
 * A subject's name, checked and in its normal form; `name` is what to call it in an error.
 *
 * @internal
 * @throws TypeError or RangeError.
 */
export function checkSubject(name: string, value: unknown): string {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  const normal = normalName(value);
  const fault = faultOf(normal);
  if (fault !== undefined) throw rangeError(name, ...fault);
  return normal;
}
