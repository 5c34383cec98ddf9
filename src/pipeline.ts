/** What every call goes through: reading, a turn at the work, the caches. */
import pLimit from 'p-limit';
import { throwIfAborted } from './abort.js';
import type { Codec } from './cache/codec.js';
import { contentHash, pixelHash } from './cache/hash.js';
import { MnnFaceError } from './errors.js';
import { type Decoded, decodeAtLeast } from './image/decode.js';
import { copyOfMemory, type LoadedPicture, loadPicture, type Picture } from './image/picture.js';
import { Sessions } from './models/sessions.js';
import type { Defaults, ResolvedCallOptions } from './options.js';

const MOST_READS = 16;

/** @internal The models, caches and limits of one instance. */
export class Pipeline {
  readonly sessions: Sessions;
  readonly #caches: Defaults['caches'];
  /** Pictures decoded at a time: more would fill memory and hold up the event loop. */
  readonly #limit: pLimit.Limit;
  /** Files read at a time: a descriptor each. */
  readonly #reads = pLimit(MOST_READS);
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor({ sessions, caches }: Defaults) {
    this.sessions = new Sessions(sessions);
    this.#caches = caches;
    this.#limit = pLimit(this.sessions.lanes + 1);
  }

  /** Reads a picture; what comes back may be kept for as long as the work takes. */
  async load(picture: Picture, options: ResolvedCallOptions): Promise<LoadedPicture> {
    this.#throwIfClosed();
    throwIfAborted(options.signal);
    const loaded = await this.#reads(() => loadPicture(picture, options.maxPixels));
    // Work may outlive a call that is aborted, or be shared: then it must not read the caller's
    // memory, which is the caller's again as soon as the call has settled.
    return this.#caches.enabled || options.signal !== undefined ? copyOfMemory(loaded) : loaded;
  }

  /** Work on one picture, when its turn comes. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    return await this.#limit(async () => {
      this.#throwIfClosed();
      const running = work();
      this.#running.add(running);
      try {
        return await running;
      } finally {
        this.#running.delete(running);
      }
    });
  }

  /** Work on a picture's pixels, without caches. */
  async decoded<T>(
    picture: Picture,
    options: ResolvedCallOptions,
    work: (decoded: Decoded) => Promise<T>,
  ): Promise<T> {
    const loaded = await this.load(picture, options);
    return await this.turn(async () => {
      throwIfAborted(options.signal);
      return await work(await decodeAtLeast(loaded, options.maxPixels, options.leastSide));
    });
  }

  /** Through the cache of contents, then through that of pixels. */
  async cached<T>(
    loaded: LoadedPicture,
    options: ResolvedCallOptions,
    shapeOfResult: () => string,
    codec: Codec<T>,
    work: (decoded: Decoded) => Promise<T>,
  ): Promise<T> {
    const { content, pixels: byPixels, hash, enabled } = this.#caches;
    // Without caches nobody asks for a key, and it is not made.
    const shape = enabled ? shapeOfResult() : '';
    const compute = () =>
      this.turn(async () => {
        // Others may wait for a shared result: only a call that nobody shares is given up.
        if (!enabled) throwIfAborted(options.signal);
        const decoded = await decodeAtLeast(loaded, options.maxPixels, options.leastSide);
        if (!byPixels.enabled) return await work(decoded);
        const { pixels, width, height } = decoded;
        const key = `${hash}:${await pixelHash(pixels, hash)}:${width}x${height}:${shape}`;
        return await byPixels.through(key, codec, () => work(decoded));
      });
    if (!content.enabled) return await compute();
    return await content.through(`${await contentHash(loaded)}:${shape}`, codec, compute);
  }

  /** Finishes what is being worked on, refuses what waits, frees the models. */
  async close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#running);
      await this.sessions.close();
      await this.#caches.close();
    })();
    await this.#closing;
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) {
      throw new MnnFaceError('ERR_CLOSED', 'This instance is closed. Make a new one.');
    }
  }
}
