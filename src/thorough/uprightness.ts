/** How surely faces stand upright in the pixels that are looked at. */
import { cropMap, squareAround } from '../align/crop.js';
import { fromOnet } from '../align/find-landmarks.js';
import { ALIGNED_SIZE, ARCFACE_TEMPLATE, alignmentMap } from '../align/template.js';
import type { DetectedFace, Landmarks } from '../detect/types.js';
import { runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';

const ONET_SIZE = 48;
/** Faces looked at: the largest ones tell how a picture stands. */
const MOST_FACES = 3;
/** Of the largest face's area: smaller ones beside a large face are often none. */
const LEAST_SHARE = 0.25;
const LEAST_PROBABILITY = 1e-4;

/**
 * From here on the faces surely stand upright: 95 % of single faces in portraits have more, of the same
 * pictures upside down 1 %.
 */
export const SURELY_UPRIGHT = 10;
/**
 * By how much another way to hold the picture must be better to be taken. In pictures that a face fills
 * the networks are less sure, and such pictures are rarely turned.
 */
export const MARGIN = { whole: 1, filled: 8 } as const;

function logOdds(probability: number): number {
  const p = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probability));
  return Math.log(p / (1 - p));
}

/** Distance of the landmarks from the template's, root mean square in pixels of a 112x112 crop. */
function misfit(landmarks: Landmarks): number {
  const [a, b, c, d, e, f] = alignmentMap(landmarks, ALIGNED_SIZE);
  const squares = ARCFACE_TEMPLATE.map(([x, y], i) => {
    const [lx, ly] = landmarks[i] as (typeof landmarks)[number];
    return (a * x + b * y + c - lx) ** 2 + (d * x + e * y + f - ly) ** 2;
  });
  const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
  return Math.sqrt(mean) / Math.hypot(a, d);
}

/**
 * A number for how surely the largest faces stand upright: log-odds of O-Net (which learnt on upright
 * faces) and of the detector, less the misfit of the landmarks; the mean over three faces. About 15
 * for upright faces, 0 for others; minus infinity without a face.
 *
 * The detector's score alone does not tell: upside down it is above 0.99 too.
 */
export async function uprightnessOf(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
): Promise<number> {
  if (faces.length === 0) return Number.NEGATIVE_INFINITY;
  const area = ({ box }: DetectedFace) => box.width * box.height;
  const sorted = [...faces].sort((a, b) => area(b) - area(a)).slice(0, MOST_FACES);
  const largest = sorted.filter((face) => area(face) >= LEAST_SHARE * area(sorted[0] ?? face));
  const squares = largest.map(({ box }) => squareAround(box));
  const [, probability, points] = await runRegions(sessions, 'mtcnn-onet', ONET_SIZE, {
    picture: pixels,
    geometry: 'warp',
    regions: squares.map((square) => cropMap(square, ONET_SIZE)),
  });
  const each = largest.map(({ score }, i) => {
    const values = (points as Float32Array).subarray(10 * i, 10 * i + 10);
    const landmarks = fromOnet(values, squares[i] as (typeof squares)[number]);
    return logOdds(probability?.[2 * i + 1] ?? 0) + logOdds(score) - misfit(landmarks);
  });
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}
