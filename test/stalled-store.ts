/** A store that holds up whoever reads it: work stands still where a test wants it. */
import { setImmediate } from 'node:timers/promises';
import { type CacheStore, memoryStore } from '../src/index.js';

export interface StalledStore extends CacheStore {
  /** How many reads were begun. */
  readonly reads: number;
  /** Lets all reads go on, the present ones and those to come. */
  release(): void;
}

export function stalledStore(): StalledStore {
  const kept = memoryStore();
  let reads = 0;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    get reads() {
      return reads;
    },
    release: () => release(),
    async get(key) {
      reads++;
      await released;
      return await kept.get(key);
    },
    set: async (key, value) => await kept.set(key, value),
  };
}

/** Waits for something that can be seen. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}
