/** The three caches of an instance, and their options. */
import { checkOneOf, checkOptions, typeError } from '../arguments.js';
import { MnnFaceError } from '../errors.js';
import type { PictureHash } from './hash.js';
import { memoryStore } from './memory-store.js';
import { ResultCache } from './result-cache.js';
import type { CacheCounts, CacheStore } from './store.js';

/** Which results are kept, and where. One store may serve several caches. */
export interface CacheOptions {
  /** Results by the bytes of the picture's file: a known file is not even decoded. */
  content?: CacheStore;
  /** Results by the decoded pixels: one picture in two files, or in two formats, counts as one. */
  pixels?: CacheStore;
  /** Comparisons by the pair of pictures, in either order, match or not. */
  pairs?: CacheStore;
  /** The hash of the pixels' cache; default `'sha256'`. */
  hash?: PictureHash;
}

/** How the caches did so far. */
export interface CacheStats {
  content: CacheCounts;
  pixels: CacheCounts;
  pairs: CacheCounts;
}

function isStore(value: unknown): value is CacheStore {
  return (
    typeof value === 'object' &&
    value !== null &&
    'get' in value &&
    typeof value.get === 'function' &&
    'set' in value &&
    typeof value.set === 'function'
  );
}

function checkStore(name: string, value: unknown): CacheStore | undefined {
  if (value === undefined || isStore(value)) return value;
  throw typeError(name, 'a CacheStore (memoryStore(), sqliteStore(), or one of your own)', value);
}

function resolve(option: unknown, maxBytes: number | undefined): CacheOptions {
  if (option === undefined || option === false) return {};
  const all =
    option === true
      ? memoryStore(maxBytes === undefined ? {} : { maxBytes })
      : isStore(option)
        ? option
        : undefined;
  if (all !== undefined) return { content: all, pairs: all };
  const bag = checkOptions('cache', option, ['content', 'pixels', 'pairs', 'hash']);
  const resolved: CacheOptions = {};
  for (const name of ['content', 'pixels', 'pairs'] as const) {
    const store = checkStore(`cache.${name}`, bag[name]);
    if (store !== undefined) resolved[name] = store;
  }
  if (bag.hash !== undefined) {
    resolved.hash = checkOneOf('cache.hash', bag.hash, ['sha256', 'md5'] as const);
  }
  return resolved;
}

function cannot(method: string): MnnFaceError {
  return new MnnFaceError(
    'ERR_CACHE',
    `A cache store of this instance has no method ${method}(). Give it one, or remove there what it is to forget.`,
  );
}

/** @internal */
export class Caches {
  readonly content: ResultCache;
  readonly pixels: ResultCache;
  readonly pairs: ResultCache;
  readonly hash: PictureHash;
  /** The store that `cache: true` made; those of the user are the user's to close. */
  readonly #own: CacheStore | undefined;

  /**
   * Takes the `cache` option: true, a store for files and pairs, or stores one by one.
   *
   * @param maxBytes - The size of the store that `true` makes; default: the memory store's own.
   */
  constructor(option: unknown, maxBytes?: number) {
    const { content, pixels, pairs, hash } = resolve(option, maxBytes);
    this.content = new ResultCache('content', content);
    this.pixels = new ResultCache('pixels', pixels);
    this.pairs = new ResultCache('pairs', pairs);
    this.hash = hash ?? 'sha256';
    this.#own = option === true ? content : undefined;
  }

  /** Whether any result is kept, so that calls may share a computation. */
  get enabled(): boolean {
    return this.content.enabled || this.pixels.enabled || this.pairs.enabled;
  }

  stats(): CacheStats {
    return {
      content: { ...this.content.counts },
      pixels: { ...this.pixels.counts },
      pairs: { ...this.pairs.counts },
    };
  }

  /** The stores in use, each once. */
  stores(): CacheStore[] {
    const all = [this.content.store, this.pixels.store, this.pairs.store];
    return [...new Set(all)].filter((store) => store !== undefined);
  }

  /** Removes all values whose keys have one of these in them; gives their number. */
  async remove(parts: readonly string[]): Promise<number> {
    let removed = 0;
    for (const store of this.stores()) {
      if (store.remove === undefined) throw cannot('remove');
      for (const part of parts) removed += await store.remove(part);
    }
    return removed;
  }

  async clear(): Promise<void> {
    for (const store of this.stores()) {
      if (store.clear === undefined) throw cannot('clear');
      await store.clear();
    }
  }

  /** Waits until nothing is computed or written any more. */
  async settled(): Promise<void> {
    await Promise.all([this.content.settled(), this.pixels.settled(), this.pairs.settled()]);
  }

  async close(): Promise<void> {
    await this.#own?.close?.();
  }
}
