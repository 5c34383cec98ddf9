/** One layer of caching: a store, a codec's bytes, counts, and calls under way. */
import { abortable, abortedError, Stopper } from '../abort.js';
import type { Codec } from './codec.js';
import type { CacheCounts, CacheStore } from './store.js';

/** A computation that several calls may wait for. */
class Shared {
  readonly stopper = new Stopper();
  #waiting = 0;

  constructor(readonly bytes: Promise<Uint8Array>) {}

  /** Waits for it; when the last one who waits gives up, it is stopped, and `abandoned` called. */
  async wait<T>(
    outcome: Promise<T>,
    signal: AbortSignal | undefined,
    abandoned: () => void,
  ): Promise<T> {
    this.#waiting++;
    try {
      return await abortable(outcome, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0 && signal?.aborted) {
        abandoned();
        this.stopper.stop(abortedError(signal));
      }
    }
  }
}

/** @internal */
export class ResultCache {
  readonly counts: CacheCounts = { hits: 0, misses: 0, errors: 0 };
  readonly #prefix: string;
  readonly #store: CacheStore | undefined;
  readonly #underWay = new Map<string, Shared>();
  readonly #unsettled = new Set<Promise<unknown>>();

  /** Without a store nothing is kept, nor shared between concurrent calls. */
  constructor(prefix: string, store: CacheStore | undefined) {
    this.#prefix = prefix;
    this.#store = store;
  }

  get enabled(): boolean {
    return this.#store !== undefined;
  }

  get store(): CacheStore | undefined {
    return this.#store;
  }

  /**
   * The result under the key, or that of `compute`, which is then kept. Concurrent calls for one
   * key compute once; the signal that `compute` gets fires when all of them have given up. Every
   * caller gets an object of its own.
   */
  async through<T>(
    key: string,
    codec: Codec<T>,
    signal: AbortSignal | undefined,
    compute: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    const store = this.#store;
    if (store === undefined) return await compute(signal);
    const full = `${this.#prefix}:${codec.kind}:${key}`;
    const known = await this.#read(store, full, codec);
    if (known !== undefined) return known;
    const abandoned = (shared: Shared) => () => {
      // Who comes now begins anew.
      if (this.#underWay.get(full) === shared) this.#underWay.delete(full);
    };
    const others = this.#underWay.get(full);
    if (others !== undefined) {
      this.counts.hits++;
      return codec.decode(await others.wait(others.bytes, signal, abandoned(others)));
    }
    this.counts.misses++;
    const { shared, kept } = this.#begin(store, full, codec, compute);
    return await shared.wait(kept, signal, abandoned(shared));
  }

  /** Waits until nothing is computed or written any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#unsettled);
  }

  #begin<T>(
    store: CacheStore,
    full: string,
    codec: Codec<T>,
    compute: (signal: AbortSignal | undefined) => Promise<T>,
  ): { shared: Shared; kept: Promise<T> } {
    let begin: (signal: AbortSignal) => void = () => undefined;
    const computing = new Promise<AbortSignal>((resolve) => {
      begin = resolve;
    }).then(compute);
    const bytes = computing.then((result) => codec.encode(result));
    const shared = new Shared(bytes);
    begin(shared.stopper.signal);
    this.#underWay.set(full, shared);
    const kept = (async () => {
      try {
        const result = await computing;
        await this.#write(store, full, await bytes);
        return result;
      } finally {
        if (this.#underWay.get(full) === shared) this.#underWay.delete(full);
      }
    })();
    // Its failure reaches the callers, if there are any left.
    bytes.catch(() => undefined);
    const settled = kept.then(
      () => undefined,
      () => undefined,
    );
    this.#unsettled.add(settled);
    void settled.then(() => this.#unsettled.delete(settled));
    return { shared, kept };
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
