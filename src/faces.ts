/** The front door: createFaces(). */
import pLimit from 'p-limit';
import { abortable } from './abort.js';
import { addLandmarks } from './align/find-landmarks.js';
import { compareAll, compareOne } from './compare/compare.js';
import { selectFaces } from './compare/select-faces.js';
import { detectFaces } from './detect/detector.js';
import type { DetectedFace } from './detect/types.js';
import { embedFaces, fingerprintOf } from './embed/embed-faces.js';
import { decodePicture } from './image/decode.js';
import { loadPicture, type Picture } from './image/picture.js';
import { findModel } from './models/manifest.js';
import { Sessions } from './models/sessions.js';
import type { Pixels } from './native.js';
import {
  type CallOptions,
  type Defaults,
  type FacesOptions,
  type ResolvedCallOptions,
  resolveDefaults,
} from './options.js';
import type {
  Comparison,
  Detection,
  EmbeddedFace,
  MatrixComparison,
  Representation,
} from './results.js';

/**
 * Finds, embeds and compares faces. Make one with `createFaces()` and use it for everything: it
 * holds the loaded models. All methods may run at the same time.
 */
export class Faces {
  readonly #sessions: Sessions;
  readonly #defaults: Defaults;
  readonly #limit: pLimit.Limit;

  /** @internal */
  constructor(options?: FacesOptions) {
    this.#defaults = resolveDefaults(options);
    this.#sessions = new Sessions(this.#defaults.sessions);
    this.#limit = pLimit(this.#sessions.lanes + 1);
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
    return await abortable(
      this.#limit(() => this.#detect(picture, resolved)),
      resolved.signal,
    );
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
    return await abortable(this.#embed(picture, resolved, 'the picture'), resolved.signal);
  }

  /**
   * Whether two pictures show the same person: the cosine distance of their faces' embeddings
   * against a threshold.
   *
   * @throws As `embed()`; several faces in a picture are refused unless `faces` says which.
   */
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
  async compare(
    a: Picture,
    b: Picture,
    options?: CallOptions,
  ): Promise<Comparison | MatrixComparison> {
    const resolved = this.#defaults.forCall(options);
    return await abortable(this.#compare(a, b, resolved), resolved.signal);
  }

  /**
   * Frees the models. Running calls end as usual, waiting ones reject with `ERR_CLOSED`. A program
   * that never calls it still exits by itself.
   */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #decode(picture: Picture, options: ResolvedCallOptions): Promise<Pixels> {
    const loaded = await loadPicture(picture, options.maxPixels);
    return await decodePicture(loaded, options.maxPixels);
  }

  async #detect(picture: Picture, options: ResolvedCallOptions): Promise<Detection> {
    const pixels = await this.#decode(picture, options);
    const faces = await detectFaces(this.#sessions, pixels, options.detect);
    if (options.landmarks) await addLandmarks(this.#sessions, pixels, faces, options.landmarks);
    const { width, height } = pixels;
    return { width, height, detector: options.detect.detector, faces };
  }

  async #embed(
    picture: Picture,
    options: ResolvedCallOptions,
    name: string,
  ): Promise<Representation> {
    const pixels = await this.#decode(picture, options);
    const found = await detectFaces(this.#sessions, pixels, options.detect);
    const chosen = selectFaces(found, options.faces ?? 'all', name);
    const { embedder } = this.#defaults;
    const aligned = options.landmarks !== false;
    if (aligned) {
      await addLandmarks(this.#sessions, pixels, chosen, options.landmarks || 'onet');
    }
    const embeddings = await embedFaces(this.#sessions, pixels, chosen, embedder, aligned);
    const fingerprint = fingerprintOf(findModel(embedder), aligned);
    const faces = chosen.map((face: DetectedFace, i): EmbeddedFace => {
      const embedding = embeddings[i] as EmbeddedFace['embedding'];
      return { ...face, embedding, fingerprint };
    });
    const { width, height } = pixels;
    return {
      width,
      height,
      detector: options.detect.detector,
      model: embedder,
      fingerprint,
      faces,
    };
  }

  async #compare(
    a: Picture,
    b: Picture,
    options: ResolvedCallOptions,
  ): Promise<Comparison | MatrixComparison> {
    const each = { ...options, faces: options.faces ?? 'single' };
    const [left, right] = await Promise.all([
      this.#embed(a, each, 'the first picture'),
      this.#embed(b, each, 'the second picture'),
    ]);
    const threshold = options.threshold ?? findModel(this.#defaults.embedder).threshold;
    return each.faces === 'all'
      ? compareAll(left, right, threshold)
      : compareOne(left, right, threshold);
  }
}

/**
 * Makes the object that does everything. Cheap: models are loaded at their first use.
 *
 * @example
 * ```ts
 * const faces = createFaces();
 * const { verified, distance } = await faces.compare('a.jpg', 'b.jpg');
 * await faces.close();
 * ```
 *
 * @throws TypeError or RangeError for options that are unknown, of a wrong type or out of range.
 */
export function createFaces(options?: FacesOptions): Faces {
  return new Faces(options);
}
