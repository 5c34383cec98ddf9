/** Vectors of version 1 to version 2, without their pictures. */
import { projectionOf, projectOut } from '../embed/projection.js';
import { MnnFaceError } from '../errors.js';
import type { Model } from '../models/manifest.js';
import { unitVector } from './enrolment.js';
import { canUpgrade } from './make.js';
import type { GalleryMake, GalleryStore } from './store.js';

/** @internal Projects all vectors, in one transaction. Gives their number. */
export async function upgradeAll(
  store: GalleryStore,
  model: Model,
  kept: GalleryMake,
  wanted: GalleryMake,
  onProgress: ((progress: { done: number }) => void) | undefined,
): Promise<number> {
  const projection = projectionOf(model);
  if (projection === undefined || !canUpgrade(kept, wanted)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `This gallery's vectors are of ${kept.fingerprint}, which cannot be upgraded to ${wanted.fingerprint} without the pictures. Where it keeps crops, reembed() can.`,
    );
  }
  let done = 0;
  async function* upgraded() {
    for await (const { id, embedding } of store.entries()) {
      const vector = Float32Array.from(embedding);
      projectOut(vector, projection as NonNullable<typeof projection>);
      yield { id, embedding: unitVector(vector, wanted) };
      onProgress?.({ done: ++done });
    }
  }
  return await store.replaceEmbeddings(wanted, upgraded());
}
