/** openGallery(): the store, the model's make, and the gallery over both. */
import { checkBoolean, checkOptions, typeError } from '../arguments.js';
import { Gallery } from './gallery.js';
import { type GalleryOptions, type ThresholdOptions, thresholdOf } from './gallery-options.js';
import { sameMake } from './make.js';
import { storeAt } from './open-store.js';

/**
 * Opens a gallery, or begins one: in a file, or in PostgreSQL.
 *
 * @example
 * ```ts
 * const faces = createFaces();
 * const gallery = await openGallery({ file: 'people.db', faces });
 * await gallery.enroll('Ada', 'ada.jpg');
 * const { faces: found } = await gallery.identify('party.jpg');
 * ```
 *
 * @throws MnnFaceError `ERR_GALLERY` when it was made with another model, or cannot be opened;
 * TypeError or RangeError for wrong options.
 */
export async function openGallery(options: GalleryOptions): Promise<Gallery> {
  const bag = checkOptions('openGallery() options', options, [
    'faces',
    'file',
    'store',
    'keepCrops',
    'vectors',
    'threshold',
    'far',
    'reembed',
  ]);
  const {
    faces,
    file,
    store: own,
    keepCrops,
    vectors,
    threshold,
    far,
    reembed,
  } = bag as unknown as GalleryOptions;
  if (keepCrops !== undefined) checkBoolean('keepCrops', keepCrops);
  if (reembed !== undefined) checkBoolean('reembed', reembed);
  if (typeof bag.faces !== 'object' || bag.faces === null || !('embedderOfGallery' in faces)) {
    throw typeError('faces', 'made by createFaces()', bag.faces);
  }
  if ((file === undefined) === (own === undefined)) {
    throw typeError('file', 'given, or store, and not both', file);
  }
  const { model, make } = faces.embedderOfGallery();
  const limits: ThresholdOptions = {
    ...(threshold !== undefined && { threshold }),
    ...(far !== undefined && { far }),
  };
  thresholdOf(model, limits, {});
  const store = own ?? storeAt(file, vectors);
  try {
    const saved = reembed ? await store.savedMake?.() : undefined;
    const kept = saved !== undefined && !sameMake(saved, make) ? saved : make;
    await store.open(kept, { keepCrops: keepCrops ?? false });
    return new Gallery(faces, store, kept, limits);
  } catch (error) {
    await store.close();
    throw error;
  }
}
