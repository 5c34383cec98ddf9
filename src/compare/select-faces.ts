import type { DetectedFace } from '../detect/types.js';
import { MnnFaceError } from '../errors.js';

/**
 * What to do with several faces in a picture: refuse (`'single'`), take the one with the largest
 * box (`'largest'`), or take all of them, best score first (`'all'`).
 */
export type FaceSelection = 'single' | 'largest' | 'all';

/**
 * The faces that a call is about.
 *
 * @throws MnnFaceError `ERR_NO_FACE`; with `'single'`: `ERR_MULTIPLE_FACES`
 */
export function selectFaces<F extends DetectedFace>(
  faces: readonly F[],
  selection: FaceSelection,
  name: string,
): F[] {
  const [first] = faces;
  if (first === undefined) {
    throw new MnnFaceError(
      'ERR_NO_FACE',
      `No face was found in ${name}. Is it upright and at least some 20 pixels of the network's input wide? A lower scoreThreshold or a larger inputSize may find it.`,
    );
  }
  if (selection === 'all') return [...faces];
  if (selection === 'single') {
    if (faces.length > 1) {
      throw new MnnFaceError(
        'ERR_MULTIPLE_FACES',
        `${faces.length} faces were found in ${name}, where one is needed. Use faces: 'largest' to take the largest one (CLI: --faces largest).`,
        { count: faces.length },
      );
    }
    return [first];
  }
  const area = ({ box }: F) => box.width * box.height;
  return [faces.reduce((largest, face) => (area(face) > area(largest) ? face : largest))];
}
