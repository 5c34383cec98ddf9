/** What every call goes through: it is accepted, its pictures are read, it takes turns at the work. */
import { abortable, Stopper, throwIfAborted } from './abort.js';
import type { Codec } from './cache/codec.js';
import { contentHash, pixelHash } from './cache/hash.js';
import { MnnFaceError } from './errors.js';
import { type Decoded, decodePicture } from './image/decode.js';
import { checkFormat } from './image/format.js';
import {
  type Given,
  type LoadedPicture,
  type Picture,
  releasePictures,
  takePicture,
} from './image/picture.js';
import { Sessions } from './models/sessions.js';
import type { Defaults, ResolvedCallOptions } from './options.js';
import { Places } from './places.js';

const MOST_READS = 16;

function closedError(): MnnFaceError {
  return new MnnFaceError('ERR_CLOSED', 'This instance is closed. Make a new one.');
}

/** @internal The models, caches and limits of one instance. */
export class Pipeline {
  readonly sessions: Sessions;
  readonly #caches: Defaults['caches'];
  /** Pictures decoded at a time: more would fill memory and hold up the event loop. */
  readonly #turns: Places;
  /** Files and streams read at a time: a descriptor each. */
  readonly #reads = new Places(MOST_READS);
  readonly #reading = new Set<Stopper>();
  readonly #accepted = new Set<Promise<unknown>>();
  #closing = false;
  #closed: Promise<void> | undefined;

  constructor({ sessions, caches }: Defaults) {
    this.sessions = new Sessions(sessions);
    this.#caches = caches;
    this.#turns = new Places(this.sessions.lanes + 1);
  }

  /**
   * Takes a call's pictures from the caller, before anything is waited for, and does the work; or
   * refuses the call, and ends the streams that came with it. Settles as soon as the call's signal
   * fires; the work behind it then stops as soon as it can.
   */
  async accept<T>(
    pictures: readonly Picture[],
    resolve: () => ResolvedCallOptions,
    work: (given: readonly Given[], options: ResolvedCallOptions) => Promise<T>,
  ): Promise<T> {
    const given: Given[] = [];
    let options: ResolvedCallOptions;
    try {
      options = resolve();
      if (this.#closing) throw closedError();
      throwIfAborted(options.signal);
      for (const picture of pictures) given.push(takePicture(picture, options));
    } catch (error) {
      releasePictures(pictures);
      throw error;
    }
    const running = work(given, options).catch((error: unknown) => {
      // What was not read will not be.
      for (const each of given) each.release();
      throw error;
    });
    const tracked = running.catch(() => undefined);
    this.#accepted.add(tracked);
    void tracked.then(() => this.#accepted.delete(tracked));
    return await abortable(running, options.signal);
  }

  /** The bytes or pixels of a picture. */
  async load(given: Given, options: ResolvedCallOptions): Promise<LoadedPicture> {
    const { signal } = options;
    const read = given.waits
      ? await this.#reads.use(signal, () => this.#read(given, options))
      : await given.read(signal);
    throwIfAborted(signal);
    if (read.kind === 'raw') return read;
    return { ...read, format: checkFormat(read.bytes, options.formats) };
  }

  /** Work on one picture, when its turn comes. */
  async turn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return await this.#turns.use(signal, work);
  }

  /** Work on a picture's pixels, without caches. */
  async decoded<T>(
    given: Given,
    options: ResolvedCallOptions,
    work: (decoded: Decoded) => Promise<T>,
  ): Promise<T> {
    const { signal } = options;
    const loaded = await this.load(given, options);
    return await this.turn(signal, async () =>
      work(await decodePicture(loaded, options, options.leastSide, signal)),
    );
  }

  /**
   * Through the cache of contents, then through that of pixels. Others may wait for the same result:
   * the work has a signal of its own, which fires when nobody waits any more.
   */
  async cached<T>(
    loaded: LoadedPicture,
    options: ResolvedCallOptions,
    shapeOfResult: () => string,
    codec: Codec<T>,
    work: (decoded: Decoded, signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    const { content, pixels: byPixels, hash, enabled } = this.#caches;
    // Without caches nobody asks for a key, and it is not made.
    const shape = enabled ? shapeOfResult() : '';
    const compute = (signal: AbortSignal | undefined) =>
      this.turn(signal, async () => {
        const decoded = await decodePicture(loaded, options, options.leastSide, signal);
        if (!byPixels.enabled) return await work(decoded, signal);
        const { pixels, width, height } = decoded;
        // Always RGB. The size of the pixels too: a picture decoded smaller is another one.
        const size = `${pixels.width}x${pixels.height}:${width}x${height}`;
        const key = `${hash}:${await pixelHash(pixels, hash)}:${size}:${shape}`;
        return await byPixels.through(key, codec, signal, (own) => work(decoded, own));
      });
    if (!content.enabled) return await compute(options.signal);
    const key = `${await contentHash(loaded)}:${shape}`;
    return await content.through(key, codec, options.signal, compute);
  }

  /**
   * Accepts no more calls, ends those that were accepted and frees the models. With `drain` they are
   * finished, else only those that are being worked on: what waits or is being read is refused.
   */
  async close(drain: boolean): Promise<void> {
    this.#closing = true;
    if (!drain) {
      this.#turns.close(closedError());
      this.#reads.close(closedError());
      for (const stopper of this.#reading) stopper.stop(closedError());
    }
    this.#closed ??= (async () => {
      await Promise.all(this.#accepted);
      await this.#caches.settled();
      await this.sessions.close();
      await this.#caches.close();
    })();
    await this.#closed;
  }

  async #read(given: Given, { signal, readTimeout }: ResolvedCallOptions) {
    using stopper = new Stopper(signal);
    this.#reading.add(stopper);
    const timer =
      readTimeout === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => {
            stopper.stop(
              new MnnFaceError(
                'ERR_TIMEOUT',
                (picture) => `Reading ${picture} took longer than readTimeout (${readTimeout} ms).`,
              ),
            );
          }, readTimeout);
    try {
      return await given.read(stopper.signal);
    } finally {
      clearTimeout(timer);
      this.#reading.delete(stopper);
    }
  }
}
