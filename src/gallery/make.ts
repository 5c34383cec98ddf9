import { MnnFaceError } from '../errors.js';
import type { GalleryMake } from './store.js';

function describe({ model, fingerprint, dimension }: GalleryMake): string {
  return `${model} (${fingerprint}, ${dimension} values)`;
}

/** @internal Whether vectors of both can be compared. */
export function sameMake(a: GalleryMake, b: GalleryMake): boolean {
  return a.fingerprint === b.fingerprint && a.dimension === b.dimension;
}

/** @internal Whether vectors of `kept` can be made into those of `wanted` by the projection alone. */
export function canUpgrade(kept: GalleryMake, wanted: GalleryMake): boolean {
  return (
    kept.fingerprint.endsWith(':aligned-1') &&
    wanted.fingerprint === kept.fingerprint.replace(/1$/, '2')
  );
}

/** @internal Throws ERR_GALLERY when the gallery's vectors are of another make. */
export function checkMake(name: string, kept: GalleryMake, wanted: GalleryMake): void {
  if (sameMake(kept, wanted)) return;
  throw new MnnFaceError(
    'ERR_GALLERY',
    `${name} was made with ${describe(kept)}; these faces are embedded with ${describe(wanted)}, and their vectors cannot be compared. ` +
      (canUpgrade(kept, wanted)
        ? 'They are the same model: upgrade the gallery, which needs no pictures (CLI: gallery upgrade --embedding-version 2; openGallery({ reembed: true }) and gallery.upgrade()), or go on with createFaces({ embeddingVersion: 1 }).'
        : 'Use the model that it was made with (createFaces({ embedder }), CLI: --embedder), or, if it keeps crops, bring it to the new one: openGallery({ reembed: true }) and gallery.reembed() (CLI: gallery reembed).'),
  );
}
