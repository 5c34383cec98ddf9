/**
 * Keeps a process from ending within a statement that fails: the driver cannot throw in a thread
 * that is being ended, and then aborts the whole process (`v8::ToLocalChecked`).
 */

const IDLE = 0;
const WITHIN = 1;
const ENDED = 2;
/** Long statements seldom fail: they are not waited for to their end. */
const WAIT_MS = 1000;

const guarded = new Set<Int32Array<SharedArrayBuffer>>();

/** No statement begins after this; one that runs is waited for. */
function endAll(): void {
  const until = performance.now() + WAIT_MS;
  for (const state of guarded) {
    while (Atomics.compareExchange(state, 0, IDLE, ENDED) === WITHIN) {
      const left = until - performance.now();
      if (left <= 0) break;
      Atomics.wait(state, 0, WITHIN, left);
    }
  }
}

/** @internal What a thread and its owner share, from its start to its end. */
export function guardExit(): Int32Array<SharedArrayBuffer> {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  if (guarded.size === 0) process.once('exit', endAll);
  guarded.add(state);
  return state;
}

/** @internal The thread has ended. */
export function dropGuard(state: Int32Array<SharedArrayBuffer>): void {
  guarded.delete(state);
  if (guarded.size === 0) process.removeListener('exit', endAll);
}

/** @internal In the thread: a statement, unless the process is ending. */
export function within<T>(state: Int32Array<SharedArrayBuffer>, statement: () => T): T {
  if (Atomics.compareExchange(state, 0, IDLE, WITHIN) === ENDED) {
    throw new Error('The process is ending.');
  }
  try {
    return statement();
  } finally {
    Atomics.compareExchange(state, 0, WITHIN, IDLE);
    Atomics.notify(state, 0);
  }
}
