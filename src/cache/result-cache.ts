/** One layer of caching: a store, a codec's bytes, counts, and calls under way. */
import type { Codec } from './codec.js';
import type { CacheCounts, CacheStore } from './store.js';

/** @internal */
export class ResultCache {
  readonly counts: CacheCounts = { hits: 0, misses: 0, errors: 0 };
  readonly #prefix: string;
  readonly #store: CacheStore | undefined;
  readonly #underWay = new Map<string, Promise<Uint8Array>>();

  /** Without a store nothing is kept, nor shared between concurrent calls. */
  constructor(prefix: string, store: CacheStore | undefined) {
    this.#prefix = prefix;
    this.#store = store;
  }

  get enabled(): boolean {
    return this.#store !== undefined;
  }

  /**
   * The result under the key, or that of `compute`, which is then kept. Concurrent calls for one
   * key compute once. Every caller gets an object of its own.
   */
  async through<T>(key: string, codec: Codec<T>, compute: () => Promise<T>): Promise<T> {
    const store = this.#store;
    if (store === undefined) return await compute();
    const full = `${this.#prefix}:${codec.kind}:${key}`;
    const known = await this.#read(store, full, codec);
    if (known !== undefined) return known;
    const shared = this.#underWay.get(full);
    if (shared !== undefined) {
      this.counts.hits++;
      return codec.decode(await shared);
    }
    this.counts.misses++;
    const computing = compute();
    const bytes = computing.then((result) => codec.encode(result));
    // Its failure reaches the callers through `computing` and through those that wait for it.
    bytes.catch(() => undefined);
    this.#underWay.set(full, bytes);
    try {
      const result = await computing;
      await this.#write(store, full, await bytes);
      return result;
    } finally {
      this.#underWay.delete(full);
    }
  }

  async #read<T>(store: CacheStore, key: string, codec: Codec<T>): Promise<T | undefined> {
    try {
      const bytes = await store.get(key);
      // Clients of other databases say null.
      if (bytes === undefined || bytes === null) return undefined;
      const result = codec.decode(bytes);
      this.counts.hits++;
      return result;
    } catch {
      // A cache that fails or holds rubbish is as good as an empty one.
      this.counts.errors++;
      return undefined;
    }
  }

  async #write(store: CacheStore, key: string, bytes: Uint8Array): Promise<void> {
    try {
      await store.set(key, bytes);
    } catch {
      this.counts.errors++;
    }
  }
}
