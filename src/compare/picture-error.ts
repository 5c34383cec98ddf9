/** Says which of two pictures an error is about, for each caller in the caller's own order. */
import { MnnFaceError } from '../errors.js';

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
export async function ofPicture<T>(place: 0 | 1, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new PictureError(place, error);
  }
}

/** @internal Turns a marked error into one that names the picture; `turned`: places are swapped. */
export async function namingPicture<T>(turned: boolean, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (marked) {
    if (!(marked instanceof PictureError)) throw marked;
    const { error, place } = marked;
    if (!(error instanceof MnnFaceError)) throw error;
    const name = (place === 0) === turned ? 'the second picture' : 'the first picture';
    throw new MnnFaceError(error.code, error.message.replace('the picture', name), {
      cause: error.cause ?? error,
      ...(error.count === undefined ? {} : { count: error.count }),
    });
  }
}
