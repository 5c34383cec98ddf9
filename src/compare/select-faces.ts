import type { DetectedFace } from '../detect/types.js';
import { MnnFaceError } from '../errors.js';

/**
 * What to do with several faces in a picture: refuse (`'single'`), take the one with the largest
 * box (`'largest'`), or take all of them, best score first (`'all'`).
 */
export type FaceSelection = 'single' | 'largest' | 'all';

/** @internal Where no face is. */
export function noFaceError(): MnnFaceError {
  return new MnnFaceError(
    'ERR_NO_FACE',
    (picture) =>
      `No face was found in ${picture}. Is it upright and at least some 20 pixels of the network's input wide? A lower scoreThreshold or a larger inputSize may find it.`,
  );
}

/** @internal Where more faces are than the one that is needed. */
export function multipleFacesError(count: number): MnnFaceError {
  return new MnnFaceError(
    'ERR_MULTIPLE_FACES',
    (picture) =>
      `${count} faces were found in ${picture}, where one is needed. Use faces: 'largest' to take the largest one (CLI: --faces largest).`,
    { count },
  );
}

/**
 * The faces that a call is about.
 *
 * @throws MnnFaceError `ERR_NO_FACE`; with `'single'`: `ERR_MULTIPLE_FACES`
 */
export function selectFaces<F extends DetectedFace>(
  faces: readonly F[],
  selection: FaceSelection,
): F[] {
  const [first] = faces;
  if (first === undefined) throw noFaceError();
  if (selection === 'all') return [...faces];
  if (selection === 'single') {
    if (faces.length > 1) throw multipleFacesError(faces.length);
    return [first];
  }
  const area = ({ box }: F) => box.width * box.height;
  return [faces.reduce((largest, face) => (area(face) > area(largest) ? face : largest))];
}
