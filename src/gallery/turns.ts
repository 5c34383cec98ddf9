import { setImmediate } from 'node:timers/promises';

/** How long the event loop may be held. */
const TURN_MS = 5;

/** @internal Gives the event loop its turn, in loops that would hold it for long. */
export class Turns {
  #since = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
