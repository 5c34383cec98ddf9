/** Where cached results are kept: one small interface, to be implemented for any database. */

/**
 * Keeps bytes by key. Implement it for Redis or any other store: a value may be forgotten at any
 * time, but `get` must give back what `set` was given or `undefined`, nothing else. An error that a
 * store throws counts as a miss; it never fails the call.
 */
export interface CacheStore {
  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  set(key: string, value: Uint8Array): Promise<void> | void;
  /**
   * Removes every value whose key contains the text, so that it cannot be read any more, and gives
   * their number. `Faces.forget()` needs it.
   */
  remove?(part: string): Promise<number> | number;
  /** Removes everything. `Faces.clearCache()` needs it. */
  clear?(): Promise<void> | void;
  /** For you to call: a store may serve several instances, so they do not close it. */
  close?(): Promise<void> | void;
}

/** How often a cache had the answer. */
export interface CacheCounts {
  hits: number;
  misses: number;
  /** Answers of the store that could not be used: it failed, or the value was damaged. */
  errors: number;
}
