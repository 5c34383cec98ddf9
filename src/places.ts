/** Places for a number of pieces of work at a time. Whoever waits for one can give up. */
import { abortedError, onAbort, throwIfAborted } from './abort.js';
import type { MnnFaceError } from './errors.js';

interface Waiting {
  go: () => void;
  refuse: (error: MnnFaceError) => void;
}

/** @internal First come, first served. */
export class Places {
  #free: number;
  #closed: MnnFaceError | undefined;
  readonly #waiting = new Set<Waiting>();

  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work when a place is free. Rejects, without doing it, when the signal fires first. */
  async use<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      // Closed in between: who has not begun has only waited.
      if (this.#closed !== undefined) throw this.#closed;
      return await work();
    } finally {
      this.#give();
    }
  }

  /** Refuses those who wait and those who come; what is under way goes on. */
  close(error: MnnFaceError): void {
    this.#closed = error;
    for (const { refuse } of this.#waiting) refuse(error);
  }

  async #take(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    let forget: (() => void) | undefined;
    let waiting: Waiting | undefined;
    try {
      await new Promise<void>((go, refuse) => {
        waiting = { go, refuse };
        this.#waiting.add(waiting);
        forget = onAbort(signal, () => {
          if (signal !== undefined) refuse(abortedError(signal));
        });
      });
    } finally {
      forget?.();
      if (waiting !== undefined) this.#waiting.delete(waiting);
    }
  }

  #give(): void {
    for (const waiting of this.#waiting) {
      // The place goes from one to the other: nobody who comes now is faster.
      this.#waiting.delete(waiting);
      waiting.go();
      return;
    }
    this.#free++;
  }
}
