/** The quality of the faces of a picture, from its pixels. */
import { cropMap, squareAround } from '../align/crop.js';
import { ALIGNED_SIZE, alignmentMap } from '../align/template.js';
import { allSettled } from '../all-settled.js';
import type { DetectedFace } from '../detect/types.js';
import type { Sessions } from '../models/sessions.js';
import { native, type Pixels } from '../native.js';
import { measureCrop } from './crop-measures.js';
import { type FaceQuality, qualityOf } from './face-quality.js';

/** Crops cut at a time: their pixels are less than a megabyte, however many faces there are. */
const FACES_AT_A_TIME = 16;

async function measure(
  sessions: Sessions,
  pixels: Pixels,
  face: DetectedFace,
  scale: number,
): Promise<FaceQuality> {
  const { box, landmarks } = face;
  const map =
    landmarks === undefined
      ? cropMap(squareAround(box), ALIGNED_SIZE)
      : alignmentMap(landmarks, ALIGNED_SIZE);
  const crop = await native().resample(
    {
      picture: pixels,
      geometry: 'warp',
      regions: Float64Array.from(map),
      width: ALIGNED_SIZE,
      height: ALIGNED_SIZE,
    },
    sessions.cancellation,
  );
  return qualityOf(face, measureCrop(crop, ALIGNED_SIZE), pixels, scale);
}

/**
 * Each face's quality, in their order.
 *
 * @param pixels - What the faces' coordinates are of.
 * @param scale - Pixels of the picture at full size to one of `pixels`.
 */
export async function measureFaces(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
  scale = 1,
): Promise<FaceQuality[]> {
  const qualities: FaceQuality[] = [];
  for (let start = 0; start < faces.length; start += FACES_AT_A_TIME) {
    const some = faces.slice(start, start + FACES_AT_A_TIME);
    const work = some.map((face) => measure(sessions, pixels, face, scale));
    qualities.push(...(await allSettled(work)));
  }
  return qualities;
}
