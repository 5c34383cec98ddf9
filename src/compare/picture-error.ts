/** Says which picture an error is about, for each caller in the caller's own words. */
import { MnnFaceError, shown } from '../errors.js';
import type { Given } from '../image/picture.js';

/** @internal The error of one of two pictures, by its place in the computation. */
class PictureError extends Error {
  constructor(
    readonly place: 0 | 1,
    readonly error: unknown,
  ) {
    super('error of one of two pictures');
  }
}

/** @internal Marks what the promise rejects with as the error of the picture in that place. */
export async function ofPlace<T>(place: 0 | 1, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new PictureError(place, error);
  }
}

/** "the first picture of the pair at index 3 (a.jpg)" */
function nameOf(path: string | undefined, place?: 0 | 1, index?: number): string {
  if (place === undefined && index === undefined && path !== undefined) return shown(path);
  const which =
    place === undefined ? 'the picture' : ['the first picture', 'the second picture'][place];
  const at =
    index === undefined ? '' : `${place === undefined ? '' : ' of the pair'} at index ${index}`;
  return `${which}${at}${path === undefined ? '' : ` (${shown(path)})`}`;
}

/**
 * @internal Turns an error about a picture into one that names it: by its path, and by its place in a
 * pair or batch. Others pass as they are.
 *
 * @param given - The pictures of the call.
 * @param turned - The places of a pair were swapped for the computation.
 * @param index - The place in a batch.
 */
export async function namingPictures<T>(
  given: readonly Given[],
  promise: Promise<T>,
  index: number | undefined,
  turned: () => boolean = () => false,
): Promise<T> {
  try {
    return await promise;
  } catch (caught) {
    const marked = caught instanceof PictureError;
    const error = marked ? caught.error : caught;
    if (!(error instanceof MnnFaceError)) throw error;
    if (!marked && given.length > 1) throw error;
    const place = marked ? (turned() ? ((1 - caught.place) as 0 | 1) : caught.place) : undefined;
    const path = given[place ?? 0]?.path;
    // Nothing to name it by; a caller who knows more may.
    if (path === undefined && place === undefined && index === undefined) throw error;
    throw error.ofPicture(nameOf(path, place, index), {
      ...(path !== undefined && { picture: shown(path, 4096) }),
      ...(index !== undefined && { index }),
    });
  }
}
