/** Checks of arguments. They throw TypeError or RangeError with Node's own codes. */

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return String(value);
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

/** An options bag without keys that nobody reads: a typing mistake must not pass for a default. */
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
    if (!known.includes(key)) {
      throw withCode(
        new TypeError(`${name} has no option "${key}". It knows: ${known.join(', ')}.`),
        'ERR_INVALID_ARG_VALUE',
      );
    }
  }
  return value as Readonly<Record<string, unknown>>;
}

export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw typeError('signal', 'an AbortSignal', value);
}
