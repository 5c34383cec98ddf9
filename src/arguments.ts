/** Checks of arguments. They throw TypeError or RangeError with Node's own codes. */
import { distance } from 'fastest-levenshtein';
import { shown } from './errors.js';

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value);
  }
  if (typeof value === 'object' && value !== null)
    return shown(String(value.constructor?.name ?? 'object'), 60);
  if (typeof value === 'function') return 'a function';
  return shown(String(value), 60);
}

function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code });
}

/** A TypeError with `code: 'ERR_INVALID_ARG_TYPE'`. */
export function typeError(name: string, expected: string, value: unknown): TypeError {
  return withCode(
    new TypeError(`${name} must be ${expected}, but is ${describe(value)}.`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** A RangeError with `code: 'ERR_OUT_OF_RANGE'`. */
export function rangeError(name: string, expected: string, value: unknown): RangeError {
  return withCode(
    new RangeError(`${name} must be ${expected}, but is ${describe(value)}.`),
    'ERR_OUT_OF_RANGE',
  );
}

/** A finite number from `least` to `most`. */
export function checkNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw typeError(name, 'a number', value);
  if (!(value >= least && value <= most)) {
    throw rangeError(name, `from ${least} to ${most}`, value);
  }
  return value;
}

/** An integer from `least` to `most`. */
export function checkInteger(name: string, value: unknown, least: number, most: number): number {
  const number = checkNumber(name, value, least, most);
  if (!Number.isInteger(number)) throw rangeError(name, 'an integer', value);
  return number;
}

/** One of a list of values. */
export function checkOneOf<const T>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw withCode(
      new RangeError(
        `${name} must be one of ${allowed.map((a) => JSON.stringify(a)).join(', ')}, but is ${describe(value)}.`,
      ),
      'ERR_INVALID_ARG_VALUE',
    );
  }
  return found;
}

export function checkString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  return value;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(name, 'true or false', value);
  return value;
}

/** The known name that was probably meant, if one is near. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({
      candidate,
      edits: distance(candidate.toLowerCase(), name.toLowerCase()),
    }))
    .sort((a, b) => a.edits - b.edits)[0];
  // Half of the letters may be wrong: two that changed places are two.
  return near !== undefined && near.edits * 2 <= Math.max(near.candidate.length, name.length)
    ? near.candidate
    : undefined;
}

/** The error of an option that nobody knows: names the one that was probably meant, and all there are. */
export function unknownOption(
  bag: string,
  key: string,
  known: readonly string[],
): TypeError & { code: string } {
  const meant = nearest(key.slice(0, 100), known);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return withCode(
    new TypeError(
      `${bag} has no option "${shown(key, 60)}".${hint} It knows: ${known.join(', ')}.`,
    ),
    'ERR_INVALID_ARG_VALUE',
  );
}

/**
 * An options bag without keys that nobody reads: a typing mistake must not pass for a default. For
 * all options of the package.
 */
export function checkOptions(
  name: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw typeError(name, 'an object', value);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw unknownOption(name, key, known);
  }
  return value as Readonly<Record<string, unknown>>;
}

function isSignal(value: unknown): value is AbortSignal {
  // Not instanceof: the signal may come from another realm, as under Jest.
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function' &&
    'removeEventListener' in value &&
    typeof value.removeEventListener === 'function'
  );
}

export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return value;
  throw typeError('signal', 'an AbortSignal', value);
}
