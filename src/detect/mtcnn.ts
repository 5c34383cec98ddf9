/**
 * MTCNN: P-Net proposes on a pyramid, R-Net and O-Net refine, O-Net gives five landmarks.
 *
 * Source: Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded
 * Convolutional Networks" (2016); details (rounding, resampling, order of steps) as
 * facenet-pytorch, models/utils/detect_face.py.
 */
import { findModel } from '../models/manifest.js';
import { runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { bestFirst } from './best-first.js';
import { MTCNN_REFINED } from './limits.js';
import {
  addBox,
  cut,
  FACE_COLUMNS,
  landmarksIn,
  OFFSETS,
  POINTS,
  PROPOSAL_COLUMNS,
  regress,
  squares,
} from './mtcnn-boxes.js';
import { propose } from './mtcnn-proposals.js';
import { blendNms, hardNms, INNER_OVERLAP, PLAIN_IOU, suppress } from './nms.js';
import { INDEX, Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import { inSlices, type Sliced } from './slices.js';
import type { DetectedFace, ResolvedDetectOptions } from './types.js';

/** Least face size in pixels (facenet-pytorch's min_face_size). */
const DEFAULT_MIN_SIZE = 20;
const NMS_BETWEEN_STAGES = 0.7;

/** So many boxes go between two yields. */
const STEPS = 1024;

type Refiner = keyof typeof MTCNN_REFINED;
const SIDES: Readonly<Record<Refiner, number>> = { 'mtcnn-rnet': 24, 'mtcnn-onet': 48 };

/** What is left after suppression, regressed and squared; as many as the next network looks at. */
function* boxesFor(next: Refiner, rows: Rows, extra: number): Sliced<Rows> {
  const order = yield* bestFirst(rows);
  const kept = yield* suppress(rows, order, NMS_BETWEEN_STAGES, PLAIN_IOU);
  yield;
  return squares(rows, kept.subarray(0, MTCNN_REFINED[next]), extra);
}

/** The boxes that can be cut out of the picture, and where. */
function* cuts(boxes: Rows, pixels: Pixels): Sliced<{ cuttable: Rows; regions: Float64Array }> {
  const rectangles = new Float64Array(4 * boxes.count);
  const rows = new Int32Array(boxes.count);
  let count = 0;
  for (let row = 0; row < boxes.count; row++) {
    if (row % STEPS === STEPS - 1) yield;
    const rectangle = cut(boxes, row, pixels);
    if (rectangle === undefined) continue;
    rectangles.set(rectangle, 4 * count);
    rows[count++] = row;
  }
  return {
    cuttable: boxes.pick(rows.subarray(0, count)),
    regions: rectangles.subarray(0, 4 * count),
  };
}

/** The boxes that score above the threshold, with what the network said of them. */
function* passed(
  boxes: Rows,
  [offsets, probability, points]: readonly Float32Array[],
  threshold: number,
): Sliced<Rows> {
  const rows = new Rows(points === undefined ? PROPOSAL_COLUMNS : FACE_COLUMNS);
  for (let row = 0; row < boxes.count; row++) {
    if (row % STEPS === STEPS - 1) yield;
    const score = probability?.[2 * row + 1] as number;
    if (!(score > threshold)) continue;
    const at = addBox(rows, boxes, row, score);
    rows.data.set(offsets?.subarray(4 * row, 4 * row + 4) ?? [], at + OFFSETS);
    if (points !== undefined) rows.data.set(points.subarray(10 * row, 10 * row + 10), at + POINTS);
  }
  return rows;
}

/** Runs R-Net or O-Net on the boxes. */
async function refine(
  sessions: Sessions,
  pixels: Pixels,
  boxes: Rows,
  name: Refiner,
  threshold: number,
): Promise<Rows> {
  const { cuttable, regions } = await inSlices(cuts(boxes, pixels));
  if (cuttable.count === 0) return new Rows(PROPOSAL_COLUMNS);
  const outputs = await runRegions(sessions, name, SIDES[name], {
    picture: pixels,
    geometry: 'area',
    regions,
  });
  return await inSlices(passed(cuttable, outputs, threshold));
}

function* facesOf(
  rows: Rows,
  options: Pick<ResolvedDetectOptions, 'nms' | 'iouThreshold'>,
): Sliced<DetectedFace[]> {
  const landmarks: DetectedFace['landmarks'][] = [];
  for (let row = 0; row < rows.count; row++) {
    if (row % STEPS === STEPS - 1) yield;
    landmarks.push(landmarksIn(rows, row));
    regress(rows, row, 1);
  }
  const toFace = (from: Rows, row: number): DetectedFace => {
    const x = from.get(row, X1);
    const y = from.get(row, Y1);
    const points = landmarks[from.get(row, INDEX)];
    return {
      box: { x, y, width: from.get(row, X2) - x, height: from.get(row, Y2) - y },
      score: from.get(row, SCORE),
      ...(points && { landmarks: points }),
    };
  };
  const overlap = options.iouThreshold ?? NMS_BETWEEN_STAGES;
  if (options.nms === 'hard') {
    // Of equal scores, which O-Net gives to any clear face, the one that numpy's order puts last stays.
    const kept = yield* hardNms(rows, overlap, rows.count, INNER_OVERLAP);
    return Array.from(kept, (row) => toFace(rows, row));
  }
  const merged = yield* blendNms(rows, overlap, rows.count);
  return Array.from({ length: merged.count }, (_, row) => toFace(merged, row));
}

/** @internal */
export async function detectMtcnn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const minSize = Math.max(options.minSize ?? DEFAULT_MIN_SIZE, 1);
  const proposals = await propose(sessions, pixels, minSize);
  const first = await inSlices(boxesFor('mtcnn-rnet', proposals, 0));
  const { threshold } = findModel('mtcnn-rnet');
  const second = await refine(sessions, pixels, first, 'mtcnn-rnet', threshold);
  const refined = await inSlices(boxesFor('mtcnn-onet', second, 1));
  const third = await refine(
    sessions,
    pixels,
    refined,
    'mtcnn-onet',
    options.scoreThreshold ?? findModel('mtcnn-onet').threshold,
  );
  return await inSlices(facesOf(third, options));
}
