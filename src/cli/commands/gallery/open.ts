/** The gallery of a command line. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MnnFaceError } from '../../../errors.js';
import { createFaces, type Faces } from '../../../faces.js';
import { defaultGallery } from '../../../gallery/default-location.js';
import type { Gallery } from '../../../gallery/gallery.js';
import type { GalleryOptions } from '../../../gallery/gallery-options.js';
import { openGallery } from '../../../gallery/open-gallery.js';
import { placeOf } from '../../../gallery/open-store.js';
import { type CliOptions, toFacesOptions } from '../../options.js';

/** Options of all commands with a gallery. */
export interface GalleryCliOptions extends CliOptions {
  gallery?: string;
}

/** Opens, works, closes. Only commands that put something in begin a new gallery. */
export async function withGallery<T>(
  options: GalleryCliOptions,
  more: Omit<GalleryOptions, 'faces' | 'file' | 'store'> & { create?: boolean },
  work: (gallery: Gallery, faces: Faces) => Promise<T>,
): Promise<T> {
  const { gallery: given, ...rest } = options;
  const { create = false, ...own } = more;
  const place = placeOf(given ?? defaultGallery());
  if ('file' in place) {
    const { file } = place;
    if (create && given === undefined) mkdirSync(dirname(file), { recursive: true });
    if (!create && !existsSync(file)) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `There is no gallery at ${file}. Enrol somebody first (mnn-face enroll), or name another one with --gallery.`,
      );
    }
  }
  await using faces = createFaces(toFacesOptions(rest));
  await using gallery = await openGallery({
    ...own,
    file: 'file' in place ? place.file : place.connectionString,
    faces,
  });
  return await work(gallery, faces);
}
