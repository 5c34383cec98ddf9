/** What a store and the threads of its file say to each other. */
import { codeOf, MnnFaceError, type MnnFaceErrorCode, messageOf } from '../../errors.js';
import type { READING } from './reading.js';
import type { WRITING } from './writing.js';

/** @internal All that a thread can be asked to do. */
export type Operations = typeof READING & typeof WRITING;
/** @internal */
export type OperationName = keyof Operations;
/** @internal The arguments of an operation, without the open file, which the thread has. */
export type ArgumentsOf<N extends OperationName> = Operations[N] extends (
  open: never,
  ...rest: infer A
) => unknown
  ? A
  : never;
/** @internal */
export type ResultOf<N extends OperationName> = ReturnType<Operations[N]>;

/** @internal What a thread is started with. */
export interface ThreadData {
  file: string;
  /** A thread that writes is only begun when there is something to write. */
  role: 'reading' | 'writing';
  /** Shared with the thread that started it; see `guardExit()`. */
  guard: Int32Array<SharedArrayBuffer>;
}

/** @internal `close` ends the thread, once it has answered what came before. */
export type Call = { id: number; name: OperationName; args: readonly unknown[] } | 'close';

/** @internal */
export type Answer = { id: number; value: unknown } | { id: number; error: ErrorData };

/** An error without its class, which does not survive the way between threads. */
export interface ErrorData {
  kind: 'MnnFaceError' | 'TypeError' | 'RangeError' | 'Error';
  message: string;
  code: string | undefined;
  stack: string | undefined;
  cause: ErrorData | undefined;
}

const KINDS = ['MnnFaceError', 'TypeError', 'RangeError'] as const;

/** @internal */
export function dataOfError(error: unknown): ErrorData {
  const name = error instanceof Error ? error.name : 'Error';
  const cause = error instanceof Error ? error.cause : undefined;
  return {
    kind: KINDS.find((kind) => kind === name) ?? 'Error',
    message: messageOf(error),
    code: codeOf(error),
    stack: error instanceof Error ? error.stack : undefined,
    cause: cause === undefined ? undefined : dataOfError(cause),
  };
}

function emptyError({ kind, message, code, cause }: ErrorData): Error {
  const options = cause === undefined ? {} : { cause: errorOf(cause) };
  if (kind === 'MnnFaceError') return new MnnFaceError(code as MnnFaceErrorCode, message, options);
  const made =
    kind === 'TypeError'
      ? new TypeError(message, options)
      : kind === 'RangeError'
        ? new RangeError(message, options)
        : new Error(message, options);
  return code === undefined ? made : Object.assign(made, { code });
}

/** @internal */
export function errorOf(data: ErrorData): Error {
  const error = emptyError(data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
