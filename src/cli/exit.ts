/** Exit codes, and errors as a person or a program reads them. */
import pc from 'picocolors';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';

/**
 * 0: done, or verified; 1: not verified, or no match; 2: bad use or input; 3: internal; 130: stopped
 * by Ctrl-C.
 */
export const EXIT = { ok: 0, notVerified: 1, badInput: 2, internal: 3, interrupted: 130 } as const;

const INTERNAL_CODES: readonly string[] = ['ERR_INTERNAL', 'ERR_ADDON', 'ERR_OUT_OF_MEMORY'];

/** Whether the caller can put it right by another argument or file. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  if (error instanceof MnnFaceError) {
    return INTERNAL_CODES.includes(error.code) ? EXIT.internal : EXIT.badInput;
  }
  const argument = error instanceof TypeError || error instanceof RangeError;
  return argument && code?.startsWith('ERR_') ? EXIT.badInput : EXIT.internal;
}

/** The error in JSON output. */
export function errorToJson(error: unknown): { code: string; message: string; count?: number } {
  const count = error instanceof MnnFaceError ? error.count : undefined;
  return {
    code: codeOf(error) ?? 'ERR_INTERNAL',
    message: messageOf(error),
    ...(count === undefined ? {} : { count }),
  };
}

/** What is wrong with files that were read all the same, on stderr. */
export function reportWarnings(warnings: readonly string[] | undefined, prefix = ''): void {
  for (const warning of warnings ?? [])
    console.error(`${pc.yellow('warning')} ${prefix}${warning}`);
}

/** One line (two for an internal error: its stack) on stderr. */
export function reportError(error: unknown, prefix = ''): void {
  const code = codeOf(error);
  console.error(
    `${pc.red('error')} ${prefix}${messageOf(error)}${code === undefined ? '' : pc.dim(` (${code})`)}`,
  );
  if (exitCodeOf(error) === EXIT.internal && error instanceof Error && error.stack) {
    console.error(pc.dim(error.stack.split('\n').slice(1).join('\n')));
  }
}
