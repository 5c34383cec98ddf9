/** The front door: createFaces(). */
import { abortable } from './abort.js';
import { allSettled } from './all-settled.js';
import { alignIn, cropIn, detectIn, embedIn } from './analysis.js';
import { typeError } from './arguments.js';
import { checkMany, type Many, mapInOrder } from './batch.js';
import type { CacheStats } from './cache/caches.js';
import { comparisonCodec, detectionCodec, representationCodec } from './cache/codec.js';
import { contentHash, type PictureHash, pixelHash } from './cache/hash.js';
import { compareAll, compareOne, turnAround, withThreshold } from './compare/compare.js';
import { namingPicture, ofPicture } from './compare/picture-error.js';
import { resolveThreshold } from './compare/threshold.js';
import { embedCrop, faceCropOf, fingerprintOf } from './embed/embed-faces.js';
import { type Comparable, distance, type Embedding, similarity } from './embed/embedding.js';
import type { GalleryMake } from './gallery/store.js';
import type { LoadedPicture, Picture } from './image/picture.js';
import type { Model } from './models/manifest.js';
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
    const resolved = this.#defaults.forCall(options);
    return await abortable(this.#detect(picture, resolved), resolved.signal);
  }

  /**
   * Embeds the faces of a picture: detect, landmarks, align, embed.
   *
   * @returns At least one face, each with a unit vector (128 values for mobilefacenet).
   * @throws As `detect()`, and MnnFaceError `ERR_NO_FACE`; with `faces: 'single'`
   * `ERR_MULTIPLE_FACES`.
   */
  async embed(picture: Picture, options?: CallOptions): Promise<Representation> {
    const resolved = this.#defaults.forCall(options);
    const work = this.#pipeline
      .load(picture, resolved)
      .then((loaded) => this.#embed(loaded, resolved));
    return await abortable(work, resolved.signal);
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
    const resolved = this.#defaults.forCall(options);
    return await abortable(this.#verify(a, b, resolved), resolved.signal);
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
    const resolved = this.#defaults.forCall(options);
    const work = this.#pipeline.decoded(picture, resolved, (decoded) =>
      alignIn(this.#pipeline.sessions, decoded, resolved),
    );
    return await abortable(work, resolved.signal);
  }

  /**
   * The faces' boxes cut out of the picture, as RGB pixels. Boxes are clipped to the picture unless
   * the options say `clip: false`; then what lies outside is black.
   *
   * @throws As `embed()`.
   */
  async crop(picture: Picture, options?: CallOptions): Promise<CroppedFace[]> {
    const resolved = this.#defaults.forCall(options);
    const clip = options?.clip ?? true;
    // At full size whatever the options say: the crops are the result.
    const work = this.#pipeline.decoded(picture, { ...resolved, leastSide: 0 }, (decoded) =>
      cropIn(this.#pipeline.sessions, decoded, resolved, clip),
    );
    return await abortable(work, resolved.signal);
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
    return this.#batch(pictures, options, (picture, call) => this.detect(picture, call));
  }

  /** `embed()` for many pictures, as `detectAll()`. */
  embedAll(
    pictures: Many<Picture>,
    options?: BatchOptions,
  ): AsyncGenerator<Representation, void, void> {
    return this.#batch(pictures, options, (picture, call) => this.embed(picture, call));
  }

  /** `verify()` for many pairs, as `detectAll()`. */
  verifyAll(
    pairs: Many<readonly [Picture, Picture]>,
    options?: BatchOptions,
  ): AsyncGenerator<Comparison | MatrixComparison, void, void> {
    return this.#batch(pairs, options, ([a, b], call) => this.verify(a, b, call));
  }

  /** The hash of a picture's decoded RGB bytes, as hexadecimal digits. */
  async hash(picture: Picture, algorithm: PictureHash = 'sha256'): Promise<string> {
    const resolved = this.#defaults.forCall(undefined);
    const full = { ...resolved, leastSide: 0 };
    return await this.#pipeline.decoded(picture, full, ({ pixels }) =>
      pixelHash(pixels, algorithm),
    );
  }

  /** How often the caches had the answer, since this instance was made. */
  cacheStats(): CacheStats {
    return this.#defaults.caches.stats();
  }

  /** @internal What a gallery of this instance's embeddings is made with. */
  embedderOfGallery(): { model: Model; make: GalleryMake } {
    const model = this.#defaults.embedder;
    const { landmarks } = this.#defaults.forCall(undefined);
    return {
      model,
      make: {
        model: model.name,
        fingerprint: fingerprintOf(model, faceCropOf(model, landmarks !== false)),
        dimension: model.outputs[0]?.shape.at(-1) ?? 0,
      },
    };
  }

  /** @internal The embedding of a crop that `align()` has made. */
  async embedAligned(crop: Pixels): Promise<Embedding> {
    const model = this.#defaults.embedder;
    return await this.#pipeline.turn(() => embedCrop(this.#pipeline.sessions, crop, model));
  }

  /**
   * Frees the models. Pictures that are being worked on are finished, waiting ones reject with
   * `ERR_CLOSED`. Cache stores that were given stay open: they are their maker's to close. A program that never calls it still exits by itself.
   */
  async close(): Promise<void> {
    await this.#pipeline.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #batch<T, R>(
    inputs: Many<T>,
    options: BatchOptions | undefined,
    work: (input: T, options: CallOptions) => Promise<R>,
  ): AsyncGenerator<R, void, void> {
    checkMany('The input of a batch', inputs);
    const { onProgress, ...call } = options ?? {};
    if (onProgress !== undefined && typeof onProgress !== 'function') {
      throw typeError('onProgress', 'a function', onProgress);
    }
    // Checked now, not when the first result is asked for.
    const { signal } = this.#defaults.forCall(call);
    let done = 0;
    // A few more than can run, so that decoding never waits for the consumer.
    return mapInOrder(
      inputs,
      2 * this.#pipeline.sessions.lanes + 2,
      async (input) => {
        const result = await work(input, call);
        onProgress?.({ done: ++done });
        return result;
      },
      signal,
    );
  }

  async #detect(picture: Picture, options: ResolvedCallOptions): Promise<Detection> {
    const loaded = await this.#pipeline.load(picture, options);
    return await this.#pipeline.cached(
      loaded,
      options,
      () => shapeOf(options, this.#defaults.sessions.precision),
      detectionCodec,
      (decoded) => detectIn(this.#pipeline.sessions, decoded, options),
    );
  }

  #embeddingShape(options: ResolvedCallOptions): string {
    const { embedder } = this.#defaults;
    const crop = faceCropOf(embedder, options.landmarks !== false);
    return `${shapeOf(options, this.#defaults.sessions.precision)}:${fingerprintOf(embedder, crop)}`;
  }

  async #embed(loaded: LoadedPicture, options: ResolvedCallOptions): Promise<Representation> {
    const shape = () => this.#embeddingShape(options);
    return await this.#pipeline.cached(loaded, options, shape, representationCodec, (decoded) =>
      embedIn(this.#pipeline.sessions, decoded, options, this.#defaults.embedder),
    );
  }

  async #verify(
    a: Picture,
    b: Picture,
    options: ResolvedCallOptions,
  ): Promise<Comparison | MatrixComparison> {
    const each = { ...options, faces: options.faces ?? 'single' };
    const threshold = resolveThreshold(this.#defaults.embedder, options);
    const loaded = await allSettled([this.#pipeline.load(a, each), this.#pipeline.load(b, each)]);
    const { pairs } = this.#defaults.caches;
    const compare = each.faces === 'all' ? compareAll : compareOne;
    const compute = async (first: LoadedPicture, second: LoadedPicture) => {
      const [left, right] = await allSettled([
        ofPicture(0, this.#embed(first, each)),
        ofPicture(1, this.#embed(second, each)),
      ]);
      return compare(left, right, threshold);
    };
    if (!pairs.enabled) return await namingPicture(false, compute(loaded[0], loaded[1]));
    const [hashA, hashB] = await Promise.all([contentHash(loaded[0]), contentHash(loaded[1])]);
    // One entry for both orders.
    const turned = hashA > hashB;
    const key = `${turned ? `${hashB}:${hashA}` : `${hashA}:${hashB}`}:${this.#embeddingShape(each)}`;
    const computing = pairs.through(key, comparisonCodec, () =>
      turned ? compute(loaded[1], loaded[0]) : compute(loaded[0], loaded[1]),
    );
    const found = await namingPicture(turned, computing);
    return withThreshold(turned ? turnAround(found) : found, threshold);
  }
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
