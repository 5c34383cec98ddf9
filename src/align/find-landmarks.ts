/** Five landmarks for boxes of detectors that give none. */

import { decodeYunet, landmarksOf } from '../detect/decode-yunet.js';
import { SCORE } from '../detect/rows.js';
import { inSlices, type Sliced } from '../detect/slices.js';
import type { DetectedFace, Landmarks, Point } from '../detect/types.js';
import { runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { cropMap, type Square, squareAround } from './crop.js';

/** Which network gives the landmarks. */
export type LandmarkModel = 'onet' | 'yunet';

const ONET_SIZE = 48;
const YUNET_SIZE = 96;
/** YuNet looks for a whole face, so it needs some room around the box. */
const YUNET_SCALE = 1.4;
/** The box is known to be a face: the best candidate is taken even where YuNet is unsure. */
const YUNET_THRESHOLD = 0.05;

/** @internal O-Net's ten values, in units of the crop: five x, then five y. */
export function fromOnet(values: Float32Array, { x, y, side }: Square): Landmarks {
  const point = (k: number): Point => [
    x + (values[k] as number) * side,
    y + (values[k + 5] as number) * side,
  ];
  return [point(0), point(1), point(2), point(3), point(4)];
}

async function byOnet(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
): Promise<Landmarks[]> {
  const squares = faces.map(({ box }) => squareAround(box));
  const outputs = await runRegions(sessions, 'mtcnn-onet', ONET_SIZE, {
    picture: pixels,
    geometry: 'warp',
    regions: squares.map((square) => cropMap(square, ONET_SIZE)),
  });
  const values = outputs[2] as Float32Array;
  return squares.map((square, i) => fromOnet(values.subarray(10 * i, 10 * i + 10), square));
}

async function byYunet(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
): Promise<(Landmarks | undefined)[]> {
  const squares = faces.map(({ box }) => squareAround(box, YUNET_SCALE));
  const outputs = await runRegions(sessions, 'yunet', YUNET_SIZE, {
    picture: pixels,
    geometry: 'warp',
    regions: squares.map((square) => cropMap(square, YUNET_SIZE)),
  });
  return await inSlices(fromYunet(outputs, squares));
}

/** The best candidate of each crop. */
function* fromYunet(
  outputs: readonly Float32Array[],
  squares: readonly Square[],
): Sliced<(Landmarks | undefined)[]> {
  const found: (Landmarks | undefined)[] = [];
  for (const [i, { x, y, side }] of squares.entries()) {
    const own = outputs.map((output) => {
      const length = output.length / squares.length;
      return output.subarray(i * length, (i + 1) * length);
    });
    const rows = decodeYunet(own, YUNET_SIZE, YUNET_THRESHOLD);
    let best = 0;
    for (let row = 1; row < rows.count; row++) {
      if (rows.get(row, SCORE) > rows.get(best, SCORE)) best = row;
    }
    const step = side / YUNET_SIZE;
    const toPicture = ([px, py]: Point): Point => [x + px * step, y + py * step];
    found.push(
      rows.count === 0 ? undefined : (landmarksOf(rows, best).map(toPicture) as Landmarks),
    );
    if (i % 16 === 15) yield;
  }
  return found;
}

/**
 * Adds landmarks to the faces that have none. Where YuNet sees no face in a box, O-Net gives the
 * points.
 *
 * @internal
 */
export async function addLandmarks(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
  model: LandmarkModel,
): Promise<void> {
  if (model === 'yunet') {
    const without = faces.filter((face) => face.landmarks === undefined);
    if (without.length > 0) {
      const found = await byYunet(sessions, pixels, without);
      without.forEach((face, i) => {
        const landmarks = found[i];
        if (landmarks !== undefined) face.landmarks = landmarks;
      });
    }
  }
  const without = faces.filter((face) => face.landmarks === undefined);
  if (without.length === 0) return;
  const found = await byOnet(sessions, pixels, without);
  without.forEach((face, i) => {
    face.landmarks = found[i] as Landmarks;
  });
}
