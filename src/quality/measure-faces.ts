/** The quality of the faces of a picture, from its pixels. */
import { cropMap, squareAround } from '../align/crop.js';
import { ALIGNED_SIZE, alignmentMap } from '../align/template.js';
import type { DetectedFace } from '../detect/types.js';
import type { Sessions } from '../models/sessions.js';
import { native, type Pixels } from '../native.js';
import { measureCrop } from './crop-measures.js';
import { type FaceQuality, qualityOf } from './face-quality.js';

/** Crops cut at a time: their pixels are a few megabytes, however many faces there are. */
const FACES_AT_A_TIME = 64;

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
  const bytes = ALIGNED_SIZE * ALIGNED_SIZE * 3;
  for (let start = 0; start < faces.length; start += FACES_AT_A_TIME) {
    const some = faces.slice(start, start + FACES_AT_A_TIME);
    const maps = some.map(({ box, landmarks }) =>
      landmarks === undefined
        ? cropMap(squareAround(box), ALIGNED_SIZE)
        : alignmentMap(landmarks, ALIGNED_SIZE),
    );
    const crops = await native().resample(
      {
        picture: pixels,
        geometry: 'warp',
        regions: Float64Array.from(maps.flat()),
        width: ALIGNED_SIZE,
        height: ALIGNED_SIZE,
      },
      sessions.cancellation,
    );
    some.forEach((face, i) => {
      const crop = measureCrop(crops.subarray(i * bytes, (i + 1) * bytes), ALIGNED_SIZE);
      qualities.push(qualityOf(face, crop, pixels, scale));
    });
  }
  return qualities;
}
