import { ALIGNED_SIZE } from '../align/template.js';
import { MnnFaceError } from '../errors.js';
import type { Faces } from '../faces.js';
import { unitVector } from './enrolment.js';
import type { GalleryMake, GalleryStore } from './store.js';

type OnProgress = (progress: { done: number }) => void;

async function* newVectors(
  store: GalleryStore,
  faces: Faces,
  make: GalleryMake,
  onProgress: OnProgress | undefined,
): AsyncGenerator<{ id: number; embedding: Float32Array }, void, void> {
  let done = 0;
  for await (const { id, subject, crop } of store.entries()) {
    if (crop === null) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `Entry ${id} ("${subject}") has no kept crop, so it cannot be embedded again. Nothing was changed. Enrol the pictures into a new gallery (with keepCrops: true, it can be done the next time).`,
      );
    }
    const picture = { data: crop, width: ALIGNED_SIZE, height: ALIGNED_SIZE };
    yield { id, embedding: unitVector(await faces.embedAligned(picture), make) };
    onProgress?.({ done: ++done });
  }
}

/** @internal All kept crops to vectors of the new make, and these in place of the old ones. */
export async function reembedAll(
  store: GalleryStore,
  faces: Faces,
  make: GalleryMake,
  onProgress: OnProgress | undefined,
): Promise<number> {
  return await store.replaceEmbeddings(make, newVectors(store, faces, make, onProgress));
}
