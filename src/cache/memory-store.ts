import { LRUCache } from 'lru-cache';
import { checkInteger, checkOptions } from '../arguments.js';
import type { CacheStore } from './store.js';

/** Default size of a memory store: 32 MiB. */
export const DEFAULT_MEMORY_BYTES = 32 * 1024 * 1024;

/**
 * A store in this process' memory; the least recently used values go first.
 *
 * @param options - `maxBytes`: the most that keys and values may take together; default 32 MiB.
 * @throws TypeError or RangeError for a wrong size.
 */
export function memoryStore(options?: { maxBytes?: number }): CacheStore {
  const { maxBytes } = checkOptions('memoryStore() options', options, ['maxBytes']);
  const maxSize =
    maxBytes === undefined
      ? DEFAULT_MEMORY_BYTES
      : checkInteger('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  const entries = new LRUCache<string, Uint8Array>({
    maxSize,
    // Strings take up to two bytes a character.
    sizeCalculation: (value, key) => value.byteLength + 2 * key.length,
  });
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      entries.set(key, value);
    },
    remove(part) {
      const found = [...entries.keys()].filter((key) => key.includes(part));
      for (const key of found) entries.delete(key);
      return found.length;
    },
    clear: () => entries.clear(),
    close: () => entries.clear(),
  };
}
