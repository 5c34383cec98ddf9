/** Ending work from outside. */
import { MnnFaceError } from './errors.js';

/** The reason of a `Stopper`'s signal: the very error to reject with. */
class StopReason {
  constructor(readonly error: MnnFaceError) {}
}

/** What a signal that has fired makes of a call: ERR_ABORTED with its reason as the cause. */
export function abortedError(signal: AbortSignal): MnnFaceError {
  const reason: unknown = signal.reason;
  if (reason instanceof StopReason) return reason.error;
  return new MnnFaceError('ERR_ABORTED', 'The call was aborted.', { cause: reason });
}

/** Throws ERR_ABORTED when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** Who waits for each signal. One listener a signal: Node warns of more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function listenersOf(signal: AbortSignal): Set<() => void> {
  let listeners = waiting.get(signal);
  if (listeners === undefined) {
    const own = new Set<() => void>();
    listeners = own;
    waiting.set(signal, own);
    signal.addEventListener(
      'abort',
      () => {
        for (const listener of own) listener();
        own.clear();
      },
      { once: true },
    );
  }
  return listeners;
}

/** Calls `listener` once when the signal fires, or now if it has; gives what takes it back. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  const listeners = listenersOf(signal);
  // An object of its own each time: the same function may be given twice.
  const entry = () => listener();
  listeners.add(entry);
  return () => {
    listeners.delete(entry);
  };
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
  let forget: (() => void) | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        forget = onAbort(signal, () => reject(abortedError(signal)));
      }),
    ]);
  } finally {
    forget?.();
  }
}

/** A signal of our own, that follows a caller's and can be fired with any error of ours. */
export class Stopper {
  readonly #controller = new AbortController();
  readonly #forget: () => void;

  constructor(followed?: AbortSignal) {
    this.#forget = onAbort(followed, () => {
      if (followed !== undefined) this.stop(abortedError(followed));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(error: MnnFaceError): void {
    this.#controller.abort(new StopReason(error));
  }

  /** To be called when the work is over: a caller's signal may live long. */
  [Symbol.dispose](): void {
    this.#forget();
  }
}
