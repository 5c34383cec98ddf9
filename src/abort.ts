import { MnnFaceError } from './errors.js';

function abortedError(signal: AbortSignal): MnnFaceError {
  return new MnnFaceError('ERR_ABORTED', 'The call was aborted.', { cause: signal.reason });
}

/** Throws ERR_ABORTED when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/**
 * The promise's outcome, or a rejection with ERR_ABORTED as soon as the signal fires. The work
 * behind the promise is not stopped, only no longer waited for.
 */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await promise;
  // Whoever waits is told of the abort; what the work says later is of no interest.
  promise.catch(() => undefined);
  throwIfAborted(signal);
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        onAbort = () => reject(abortedError(signal));
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
