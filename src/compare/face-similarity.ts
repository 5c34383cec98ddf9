import { typeError } from '../arguments.js';
import { createFaces, type Faces } from '../faces.js';
import type { Picture } from '../image/picture.js';
import type { FacesOptions } from '../options.js';

/** Match at this cosine distance or less, as the original system. */
const ORIGINAL_THRESHOLD = 0.5;

/**
 * The interface of the original Python system, for programs that are moved here.
 *
 * Differences that were made on purpose: the original keeps only matches, and its look-up of kept
 * ones never finds them, so that every call computes anew; here every pair is kept, in either
 * order. It takes the first face it finds; this takes the largest.
 *
 * @example
 * ```ts
 * const similarity = new FaceSimilarity();
 * const [score, match] = await similarity.getSimilarity(['a.jpg', 'b.jpg']);
 * ```
 */
export class FaceSimilarity {
  readonly #faces: Faces;

  /** Takes the options of `createFaces()`; caching in memory is on unless they say otherwise. */
  constructor(options: FacesOptions = {}) {
    if (typeof options !== 'object' || options === null) {
      throw typeError('FaceSimilarity options', 'an object', options);
    }
    const threshold = options.far === undefined ? { threshold: ORIGINAL_THRESHOLD } : {};
    this.#faces = createFaces({ ...threshold, faces: 'largest', cache: true, ...options });
  }

  /**
   * The cosine distance of the faces on two pictures (0 to 2), and whether it counts as a match (at
   * most 0.5, or the `threshold` of the options). For identical pictures: 0 and true.
   *
   * @throws As `Faces.verify()`.
   */
  async getSimilarity(
    pictures: readonly [Picture, Picture],
  ): Promise<[score: number, match: boolean]> {
    if (!Array.isArray(pictures) || pictures.length !== 2) {
      throw typeError('pictures', 'an array of two pictures', pictures);
    }
    const { distance, verified } = await this.#faces.verify(pictures[0], pictures[1]);
    return [distance, verified];
  }

  /** As `Faces.close()`. */
  async close(options?: { drain?: boolean }): Promise<void> {
    await this.#faces.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
