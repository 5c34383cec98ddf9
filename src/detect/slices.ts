/** Long work on the event loop, in slices, so that the process' timers and sockets get their turn. */
import { performance } from 'node:perf_hooks';

/** Milliseconds of work in one turn of the event loop, of all pictures together. */
const TURN_MS = 5;

/** Work that can be put down at each `yield`; it yields at least once a millisecond. */
export type Sliced<T> = Generator<void, T, void>;

let spent = 0;
let scheduled = false;
const waiting: (() => void)[] = [];

/** A turn of the event loop has begun: the work that has waited longest goes on, and only that. */
function turn(): void {
  spent = 0;
  scheduled = false;
  waiting.shift()?.();
  if (waiting.length > 0) schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(turn);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

/**
 * Does the work, a few milliseconds of it in each turn of the event loop. Short work is done at
 * once.
 */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  for (;;) {
    if (spent >= TURN_MS) {
      await nextTurn();
      continue;
    }
    // What is spent in this turn is forgotten at the next one.
    schedule();
    const before = spent;
    const started = performance.now();
    try {
      do {
        const step = work.next();
        if (step.done) return step.value;
        spent = before + performance.now() - started;
      } while (spent < TURN_MS);
    } finally {
      spent = before + performance.now() - started;
    }
  }
}

/** Does the work at once. */
export function wholly<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
