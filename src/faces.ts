/** The front door: createFaces(). */
import { onAbort } from './abort.js';
import { allSettled } from './all-settled.js';
import { alignIn, cropIn, detectIn, embedIn } from './analysis.js';
import { checkBoolean, checkOneOf, checkOptions, typeError } from './arguments.js';
import { checkMany, type Many, mapInOrder } from './batch.js';
import type { CacheStats } from './cache/caches.js';
import {
  comparisonCodec,
  detectionCodec,
  embedCodec,
  embedOutcome,
  representationOf,
} from './cache/codec.js';
import { contentHash, type PictureHash, pixelHash } from './cache/hash.js';
import { compareAll, compareOne, turnAround, verdictOf } from './compare/compare.js';
import { namingPictures, ofPlace } from './compare/picture-error.js';
import { resolveThreshold } from './compare/threshold.js';
import { embedCrop, faceCropOf, fingerprintOf } from './embed/embed-faces.js';
import { type Comparable, distance, type Embedding, similarity } from './embed/embedding.js';
import type { GalleryMake } from './gallery/store.js';
import { cancellable, type Decoded, decodePicture } from './image/decode.js';
import type { Given, LoadedPicture, Picture } from './image/picture.js';
import type { Model } from './models/manifest.js';
import type { Sessions } from './models/sessions.js';
import type { Pixels } from './native.js';
import {
  type BatchOptions,
  type CallOptions,
  type Defaults,
  type FacesOptions,
  type ResolvedCallOptions,
  resolveDefaults,
  shapeOf,
} from './options.js';
import { Pipeline } from './pipeline.js';
import type {
  AlignedFace,
  Comparison,
  CroppedFace,
  Detection,
  MatrixComparison,
  Representation,
} from './results.js';

/**
 * Finds, embeds and compares faces. Make one with `createFaces()` and use it for everything: it
 * holds the loaded models and the caches. All methods may run at the same time.
 */
export class Faces {
  readonly #pipeline: Pipeline;
  readonly #defaults: Defaults;

  /** @internal */
  constructor(options?: FacesOptions) {
    this.#defaults = resolveDefaults(options);
    this.#pipeline = new Pipeline(this.#defaults);
  }

  /**
   * Finds the faces of a picture.
   *
   * @returns Boxes in pixels and scores, best first; none is no error.
   * @throws MnnFaceError `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`, `ERR_MODEL_MISSING`,
   * `ERR_MODEL_CHECKSUM`, `ERR_ABORTED`, `ERR_CLOSED`; TypeError or RangeError for wrong arguments.
   */
  async detect(picture: Picture, options?: CallOptions): Promise<Detection> {
    return await this.#detect(picture, options);
  }

  /**
   * Embeds the faces of a picture: detect, landmarks, align, embed.
   *
   * @returns At least one face, each with a unit vector (128 values for mobilefacenet).
   * @throws As `detect()`, and MnnFaceError `ERR_NO_FACE`; with `faces: 'single'`
   * `ERR_MULTIPLE_FACES`.
   */
  async embed(picture: Picture, options?: CallOptions): Promise<Representation> {
    return await this.#embed(picture, options);
  }

  /** The same as `embed()`, by the name that deepface gives it. */
  represent(picture: Picture, options?: CallOptions): Promise<Representation> {
    return this.embed(picture, options);
  }

  /**
   * Whether two pictures show the same person: the cosine distance of their faces' embeddings
   * against a threshold.
   *
   * @throws As `embed()`; several faces in a picture are refused unless `faces` says which.
   */
  verify(
    a: Picture,
    b: Picture,
    options: CallOptions & { faces: 'all' },
  ): Promise<MatrixComparison>;
  verify(
    a: Picture,
    b: Picture,
    options?: CallOptions & { faces?: 'single' | 'largest' },
  ): Promise<Comparison>;
  verify(a: Picture, b: Picture, options?: CallOptions): Promise<Comparison | MatrixComparison>;
  async verify(
    a: Picture,
    b: Picture,
    options?: CallOptions,
  ): Promise<Comparison | MatrixComparison> {
    return await this.#verify([a, b], options);
  }

  /** The same as `verify()`. */
  compare(
    a: Picture,
    b: Picture,
    options: CallOptions & { faces: 'all' },
  ): Promise<MatrixComparison>;
  compare(
    a: Picture,
    b: Picture,
    options?: CallOptions & { faces?: 'single' | 'largest' },
  ): Promise<Comparison>;
  compare(a: Picture, b: Picture, options?: CallOptions): Promise<Comparison | MatrixComparison>;
  compare(a: Picture, b: Picture, options?: CallOptions): Promise<Comparison | MatrixComparison> {
    return this.verify(a, b, options);
  }

  /**
   * The faces as 112x112 RGB crops, rotated and scaled so that their landmarks lie on the ArcFace
   * template: what the embedding model sees.
   *
   * @throws As `embed()`.
   */
  async align(picture: Picture, options?: CallOptions): Promise<AlignedFace[]> {
    return await this.#onPixels(picture, () => this.#defaults.forCall(options), alignIn);
  }

  /**
   * The faces' boxes cut out of the picture, as RGB pixels. Boxes are clipped to the picture unless
   * the options say `clip: false`; then what lies outside is black.
   *
   * @throws As `embed()`.
   */
  async crop(picture: Picture, options?: CallOptions): Promise<CroppedFace[]> {
    const clip = options?.clip ?? true;
    // At full size whatever the options say: the crops are the result.
    const resolve = () => ({ ...this.#defaults.forCall(options), leastSide: 0 });
    return await this.#onPixels(picture, resolve, (sessions, decoded, resolved) =>
      cropIn(sessions, decoded, resolved, clip),
    );
  }

  /** The cosine of two embeddings; see the function of that name. */
  similarity(a: Comparable, b: Comparable): number {
    return similarity(a, b);
  }

  /** The cosine distance of two embeddings; see the function of that name. */
  distance(a: Comparable, b: Comparable): number {
    return distance(a, b);
  }

  /**
   * `detect()` for many pictures: yields the results in the order of the pictures, which are drawn
   * only as results are taken. The first error ends it.
   */
  detectAll(
    pictures: Many<Picture>,
    options?: BatchOptions,
  ): AsyncGenerator<Detection, void, void> {
    return this.#batch(pictures, options, (picture, call, index) =>
      this.#detect(picture, call, index),
    );
  }

  /** `embed()` for many pictures, as `detectAll()`. */
  embedAll(
    pictures: Many<Picture>,
    options?: BatchOptions,
  ): AsyncGenerator<Representation, void, void> {
    return this.#batch(pictures, options, (picture, call, index) =>
      this.#embed(picture, call, index),
    );
  }

  /** `verify()` for many pairs, as `detectAll()`. */
  verifyAll(
    pairs: Many<readonly [Picture, Picture]>,
    options?: BatchOptions,
  ): AsyncGenerator<Comparison | MatrixComparison, void, void> {
    return this.#batch(pairs, options, async (pair, call, index) => {
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw typeError(`The input at index ${index}`, 'an array of two pictures', pair);
      }
      return await this.#verify(pair, call, index);
    });
  }

  /** The hash of a picture's decoded RGB bytes, as hexadecimal digits. */
  async hash(picture: Picture, algorithm: PictureHash = 'sha256'): Promise<string> {
    const resolve = () => {
      checkOneOf('algorithm', algorithm, ['sha256', 'md5'] as const);
      return { ...this.#defaults.forCall(undefined), leastSide: 0 };
    };
    return await this.#onPixels(picture, resolve, (_, { pixels }) => pixelHash(pixels, algorithm));
  }

  /** How often the caches had the answer, since this instance was made. */
  cacheStats(): CacheStats {
    return this.#defaults.caches.stats();
  }

  /**
   * Removes from the caches what they know of a picture: results by its bytes, by its pixels, and
   * comparisons with others. Give the options that it was worked on with, if they change its decoding.
   * A gallery's `forget()` does not reach caches, nor this a gallery.
   *
   * @returns The number of results removed.
   * @throws As `detect()`, and MnnFaceError `ERR_CACHE` when a store cannot remove.
   */
  async forget(picture: Picture, options?: CallOptions): Promise<number> {
    const { caches } = this.#defaults;
    const resolve = () => this.#defaults.forCall(options);
    return await this.#pipeline.accept([picture], resolve, async (given, resolved) => {
      const [one] = given as [Given];
      const loading = this.#pipeline.load(one, resolved);
      const loaded = await namingPictures(given, loading, undefined);
      const keys = [await contentHash(loaded)];
      for (const leastSide of caches.pixels.enabled ? new Set([0, resolved.leastSide]) : []) {
        const { pixels } = await this.#pipeline.turn(resolved.signal, () =>
          decodePicture(loaded, resolved, leastSide, resolved.signal),
        );
        keys.push(`${caches.hash}:${await pixelHash(pixels, caches.hash)}`);
      }
      return await caches.remove(keys);
    });
  }

  /** Removes all results from the caches. Throws MnnFaceError `ERR_CACHE` when a store cannot. */
  async clearCache(): Promise<void> {
    await this.#defaults.caches.clear();
  }

  /** @internal What a gallery of this instance's embeddings is made with. */
  embedderOfGallery(): { model: Model; make: GalleryMake; minQuality: number } {
    const model = this.#defaults.embedder;
    const { landmarks, minQuality } = this.#defaults.forCall(undefined);
    return {
      model,
      minQuality: minQuality ?? 0,
      make: {
        model: model.name,
        fingerprint: fingerprintOf(model, faceCropOf(model, landmarks !== false)),
        dimension: model.outputs[0]?.shape.at(-1) ?? 0,
      },
    };
  }

  /** @internal The decoded picture at full size. */
  async decode(picture: Picture): Promise<Pixels> {
    const resolve = () => ({ ...this.#defaults.forCall(undefined), leastSide: 0 });
    return await this.#onPixels(picture, resolve, async (_, { pixels }) => pixels);
  }

  /** @internal A picture on memory of our own, and the path that it came from. */
  async read(
    picture: Picture,
    options?: CallOptions,
  ): Promise<{ loaded: LoadedPicture; path: string | undefined }> {
    const resolve = () => this.#defaults.forCall(options);
    return await this.#pipeline.accept([picture], resolve, async (given, resolved) => {
      const [one] = given as [Given];
      const loading = this.#pipeline.load(one, resolved);
      return { loaded: await namingPictures(given, loading, undefined), path: one.path };
    });
  }

  /** @internal The embedding of a crop that `align()` has made. */
  async embedAligned(crop: Pixels): Promise<Embedding> {
    const model = this.#defaults.embedder;
    const resolve = () => this.#defaults.forCall(undefined);
    return await this.#pipeline.accept([], resolve, () =>
      this.#pipeline.turn(undefined, () => embedCrop(this.#pipeline.sessions, crop, model)),
    );
  }

  /**
   * Accepts no more calls and frees the models. Pictures that are being worked on are finished; calls
   * that wait, or whose picture is still being read, reject with `ERR_CLOSED`, and their streams are
   * destroyed. With `drain: true` all calls that were accepted are finished first; a stream that never
   * ends holds that up, unless `readTimeout` or another `close()` ends it. Cache stores that were given
   * stay open: they are their maker's to close. A program that never calls it still exits by itself.
   */
  async close(options?: { drain?: boolean }): Promise<void> {
    const { drain = false } = checkOptions('close() options', options, ['drain']);
    await this.#pipeline.close(checkBoolean('drain', drain));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #batch<T, R>(
    inputs: Many<T>,
    options: BatchOptions | undefined,
    work: (input: T, options: CallOptions, index: number) => Promise<R>,
  ): AsyncGenerator<R, void, void> {
    checkMany('The input of a batch', inputs);
    const { onProgress, ...call } = checkBatchOptions(options);
    // Checked now, not when the first result is asked for.
    const { signal } = this.#defaults.forCall(call);
    return this.#results(inputs, call, signal, onProgress, work);
  }

  async *#results<T, R>(
    inputs: Many<T>,
    call: CallOptions,
    signal: AbortSignal | undefined,
    onProgress: BatchOptions['onProgress'],
    work: (input: T, options: CallOptions, index: number) => Promise<R>,
  ): AsyncGenerator<R, void, void> {
    let done = 0;
    // Ends what is still under way when nobody takes results any more.
    const ended = new AbortController();
    const forget = onAbort(signal, () => signal && ended.abort(signal.reason));
    // A few more than can run, so that decoding never waits for the consumer.
    const results = mapInOrder(
      inputs,
      2 * this.#pipeline.sessions.lanes + 2,
      async (input, index) => {
        const result = await work(input, { ...call, signal: ended.signal }, index);
        onProgress?.({ done: ++done });
        return result;
      },
      signal,
      () => ended.abort(),
    );
    try {
      yield* results;
    } finally {
      forget();
    }
  }

  /** Work on a picture's pixels, without caches. */
  async #onPixels<T>(
    picture: Picture,
    resolve: () => ResolvedCallOptions,
    work: (sessions: Sessions, decoded: Decoded, options: ResolvedCallOptions) => Promise<T>,
  ): Promise<T> {
    return await this.#pipeline.accept([picture], resolve, (given, options) => {
      const [one] = given as [Given];
      const working = this.#pipeline.decoded(one, options, (decoded) =>
        this.#stoppable(options.signal, (sessions) => work(sessions, decoded, options)),
      );
      return namingPictures(given, working, undefined);
    });
  }

  /** The models, whose runs stop when the signal fires. */
  async #stoppable<T>(
    signal: AbortSignal | undefined,
    work: (sessions: Sessions) => Promise<T>,
  ): Promise<T> {
    return await cancellable(signal, (cancellation) =>
      work(this.#pipeline.sessions.cancelledBy(cancellation)),
    );
  }

  async #detect(picture: Picture, call?: CallOptions, index?: number): Promise<Detection> {
    const resolve = () => this.#defaults.forCall(call);
    return await this.#pipeline.accept([picture], resolve, (given, options) => {
      const [one] = given as [Given];
      const working = async () =>
        await this.#pipeline.cached(
          await this.#pipeline.load(one, options),
          options,
          () => shapeOf(options, this.#defaults.sessions.precision),
          detectionCodec,
          (decoded, signal) =>
            this.#stoppable(signal, (sessions) => detectIn(sessions, decoded, options)),
        );
      return namingPictures(given, working(), index);
    });
  }

  #embeddingShape(options: ResolvedCallOptions): string {
    const { embedder } = this.#defaults;
    const crop = faceCropOf(embedder, options.landmarks !== false);
    return `${shapeOf(options, this.#defaults.sessions.precision)}:${fingerprintOf(embedder, crop)}`;
  }

  async #embed(picture: Picture, call?: CallOptions, index?: number): Promise<Representation> {
    const resolve = () => this.#defaults.forCall(call);
    return await this.#pipeline.accept([picture], resolve, (given, options) => {
      const [one] = given as [Given];
      const working = async () =>
        await this.#represent(await this.#pipeline.load(one, options), options);
      return namingPictures(given, working(), index);
    });
  }

  async #represent(loaded: LoadedPicture, options: ResolvedCallOptions): Promise<Representation> {
    const shape = () => this.#embeddingShape(options);
    const outcome = await this.#pipeline.cached(
      loaded,
      options,
      shape,
      embedCodec,
      (decoded, signal) =>
        embedOutcome(
          this.#stoppable(signal, (sessions) =>
            embedIn(sessions, decoded, options, this.#defaults.embedder),
          ),
        ),
    );
    return representationOf(outcome);
  }

  async #verify(
    pictures: readonly [Picture, Picture],
    call?: CallOptions,
    index?: number,
  ): Promise<Comparison | MatrixComparison> {
    const resolve = () => {
      const options = this.#defaults.forCall(call);
      return { ...options, faces: options.faces ?? 'single' };
    };
    return await this.#pipeline.accept(pictures, resolve, (given, options) => {
      let turned = false;
      const comparing = this.#compare(given as [Given, Given], options, () => {
        turned = true;
      });
      return namingPictures(given, comparing, index, () => turned);
    });
  }

  async #compare(
    [a, b]: readonly [Given, Given],
    options: ResolvedCallOptions,
    onTurned: () => void,
  ): Promise<Comparison | MatrixComparison> {
    const { embedder } = this.#defaults;
    const criterion = {
      threshold: resolveThreshold(embedder, options),
      minQuality: options.minQuality ?? 0,
    };
    const [first, second] = await allSettled([
      ofPlace(0, this.#pipeline.load(a, options)),
      ofPlace(1, this.#pipeline.load(b, options)),
    ]);
    const compare = options.faces === 'all' ? compareAll : compareOne;
    const compute = async (one: LoadedPicture, other: LoadedPicture, call: ResolvedCallOptions) => {
      const [left, right] = await allSettled([
        ofPlace(0, this.#represent(one, call)),
        ofPlace(1, this.#represent(other, call)),
      ]);
      return compare(left, right, criterion);
    };
    const { pairs } = this.#defaults.caches;
    if (!pairs.enabled) return verdictOf(await compute(first, second, options), criterion);
    const [hashA, hashB] = await Promise.all([contentHash(first), contentHash(second)]);
    // One entry for both orders.
    const isTurned = hashA > hashB;
    if (isTurned) onTurned();
    const [one, other] = isTurned ? [second, first] : [first, second];
    const hashes = isTurned ? `${hashB}+${hashA}` : `${hashA}+${hashB}`;
    const found = await pairs.through(
      `${hashes}:${this.#embeddingShape(options)}`,
      comparisonCodec,
      options.signal,
      (signal) => compute(one, other, { ...options, signal }),
    );
    return verdictOf(isTurned ? turnAround(found) : found, criterion);
  }
}

function checkBatchOptions(options: BatchOptions | undefined): BatchOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null) {
    throw typeError('options', 'an object', options);
  }
  const { onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw typeError('onProgress', 'a function', onProgress);
  }
  return options;
}

/**
 * Makes the object that does everything. Cheap: models are loaded at their first use.
 *
 * @example
 * ```ts
 * const faces = createFaces();
 * const { verified, distance } = await faces.verify('a.jpg', 'b.jpg');
 * await faces.close();
 * ```
 *
 * @throws TypeError or RangeError for options that are unknown, of a wrong type or out of range.
 */
export function createFaces(options?: FacesOptions): Faces {
  return new Faces(options);
}
