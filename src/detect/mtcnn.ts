/**
 * MTCNN: P-Net proposes on a pyramid, R-Net and O-Net refine, O-Net gives five landmarks.
 *
 * Source: Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded
 * Convolutional Networks" (2016); details (rounding, resampling, order of steps) as
 * facenet-pytorch, models/utils/detect_face.py.
 */
import { allSettled } from '../all-settled.js';
import { findModel } from '../models/manifest.js';
import { runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { byScore, type Candidate } from './candidates.js';
import { blendNms, iou } from './nms.js';
import { argsortAsNumpy } from './reference-order.js';
import type { DetectedFace, Landmarks, Point, ResolvedDetectOptions } from './types.js';

/** Least face size in pixels (facenet-pytorch's min_face_size). */
const DEFAULT_MIN_SIZE = 20;
const PYRAMID_FACTOR = 0.709;
/** Receptive field and stride of P-Net. */
const CELL = 12;
const STRIDE = 2;
const NMS_WITHIN_SCALE = 0.5;
const NMS_BETWEEN_STAGES = 0.7;

/** A box with the regression that its stage gave for it. */
interface Proposal extends Candidate {
  offsets: [number, number, number, number];
}

function suppress<T extends Candidate>(boxes: readonly T[], threshold: number): T[] {
  const kept: T[] = [];
  for (const box of [...boxes].sort(byScore)) {
    if (kept.every((better) => iou(better, box, 0) <= threshold)) kept.push(box);
  }
  return kept;
}

/**
 * Overlap relative to the smaller box, borders included: drops boxes inside of others. Of equal
 * scores, which O-Net gives to any clear face, the one that numpy's order puts last stays.
 */
function suppressInner<T extends Candidate>(boxes: readonly T[], threshold: number): T[] {
  const area = (b: Candidate) => (b.x2 - b.x1 + 1) * (b.y2 - b.y1 + 1);
  const overlap = (a: Candidate, b: Candidate) =>
    (Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1) + 1) *
      Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1) + 1)) /
    Math.min(area(a), area(b));
  const order = argsortAsNumpy(boxes.map(({ score }) => score)).reverse();
  const kept: T[] = [];
  for (const index of order) {
    const box = boxes[index] as T;
    if (kept.every((better) => overlap(better, box) <= threshold)) kept.push(box);
  }
  return kept;
}

/** Moves the corners by the offsets, in units of the box' size plus `extra`. */
function regress<T extends Proposal>(box: T, extra: number): T {
  const width = box.x2 - box.x1 + extra;
  const height = box.y2 - box.y1 + extra;
  const [dx1, dy1, dx2, dy2] = box.offsets;
  return {
    ...box,
    x1: box.x1 + dx1 * width,
    y1: box.y1 + dy1 * height,
    x2: box.x2 + dx2 * width,
    y2: box.y2 + dy2 * height,
  };
}

function square<T extends Candidate>(box: T): T {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  const side = Math.max(width, height);
  const x1 = box.x1 + width / 2 - side / 2;
  const y1 = box.y1 + height / 2 - side / 2;
  return { ...box, x1, y1, x2: x1 + side, y2: y1 + side };
}

/** The whole rectangle of a box inside the picture, as the reference cuts it, or undefined. */
function cut(
  box: Candidate,
  { width, height }: Pixels,
): [number, number, number, number] | undefined {
  const x = Math.max(Math.trunc(box.x1), 1) - 1;
  const y = Math.max(Math.trunc(box.y1), 1) - 1;
  const endX = Math.min(Math.trunc(box.x2), width);
  const endY = Math.min(Math.trunc(box.y2), height);
  return endX > x && endY > y ? [x, y, endX - x, endY - y] : undefined;
}

function pyramid({ width, height }: Pixels, minSize: number): number[] {
  const scales: number[] = [];
  let scale = CELL / minSize;
  let side = Math.min(width, height) * scale;
  while (side >= CELL) {
    scales.push(scale);
    scale *= PYRAMID_FACTOR;
    side *= PYRAMID_FACTOR;
  }
  return scales;
}

async function proposeAt(
  sessions: Sessions,
  pixels: Pixels,
  scale: number,
  threshold: number,
): Promise<Proposal[]> {
  const width = Math.floor(pixels.width * scale + 1);
  const height = Math.floor(pixels.height * scale + 1);
  const outputs = await sessions.use('mtcnn-pnet', width, height, (session, { input }) =>
    session.run({
      picture: pixels,
      geometry: 'area',
      regions: Float64Array.of(0, 0, pixels.width, pixels.height),
      width,
      height,
      mean: input.mean,
      scale: input.scale,
      order: input.order,
    }),
  );
  const [offsets, probability] = outputs as [Float32Array, Float32Array];
  const cells = probability.length / 2;
  // ceil of a max pool, then two valid 3x3 convolutions: what is left of the width.
  const columns = Math.ceil((width - 2) / 2) - 4;
  const proposals: Proposal[] = [];
  for (let i = 0; i < cells; i++) {
    const score = probability[cells + i] as number;
    if (!(score >= threshold)) continue;
    const column = i % columns;
    const row = Math.floor(i / columns);
    proposals.push({
      x1: Math.floor((STRIDE * column + 1) / scale),
      y1: Math.floor((STRIDE * row + 1) / scale),
      x2: Math.floor((STRIDE * column + CELL) / scale),
      y2: Math.floor((STRIDE * row + CELL) / scale),
      score,
      index: i,
      offsets: [0, 1, 2, 3].map((k) => offsets[k * cells + i]) as Proposal['offsets'],
    });
  }
  return suppress(proposals, NMS_WITHIN_SCALE);
}

/** Runs R-Net or O-Net on the boxes; gives those cuttable with their outputs. */
async function refine(
  sessions: Sessions,
  pixels: Pixels,
  boxes: readonly Candidate[],
  name: 'mtcnn-rnet' | 'mtcnn-onet',
  side: number,
): Promise<{ box: Candidate; offsets: Proposal['offsets']; score: number; points: number[] }[]> {
  const cuts = boxes.flatMap((box) => {
    const rectangle = cut(box, pixels);
    return rectangle === undefined ? [] : [{ box, rectangle }];
  });
  if (cuts.length === 0) return [];
  const outputs = await runRegions(sessions, name, side, {
    picture: pixels,
    geometry: 'area',
    regions: cuts.map((c) => c.rectangle),
  });
  const [offsets, probability, landmarks] = outputs as [Float32Array, Float32Array, Float32Array?];
  return cuts.map(({ box }, i) => ({
    box,
    offsets: [...offsets.subarray(4 * i, 4 * i + 4)] as Proposal['offsets'],
    score: probability[2 * i + 1] as number,
    points: landmarks === undefined ? [] : [...landmarks.subarray(10 * i, 10 * i + 10)],
  }));
}

function pointsOf(box: Candidate, values: readonly number[]): Landmarks {
  const width = box.x2 - box.x1 + 1;
  const height = box.y2 - box.y1 + 1;
  const point = (k: number): Point => [
    width * (values[k] as number) + box.x1 - 1,
    height * (values[k + 5] as number) + box.y1 - 1,
  ];
  return [point(0), point(1), point(2), point(3), point(4)];
}

/** @internal */
export async function detectMtcnn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const minSize = Math.max(options.minSize ?? DEFAULT_MIN_SIZE, 1);
  const proposed = await allSettled(
    pyramid(pixels, minSize).map((scale) =>
      proposeAt(sessions, pixels, scale, findModel('mtcnn-pnet').threshold),
    ),
  );
  const first = suppress(reindex(proposed.flat()), NMS_BETWEEN_STAGES).map((box) =>
    square(regress(box, 0)),
  );

  const second = (await refine(sessions, pixels, first, 'mtcnn-rnet', 24))
    .filter(({ score }) => score > findModel('mtcnn-rnet').threshold)
    .map(({ box, offsets, score }): Proposal => ({ ...box, offsets, score }));
  const refined = suppress(reindex(second), NMS_BETWEEN_STAGES).map((box) =>
    square(regress(box, 1)),
  );

  const threshold = options.scoreThreshold ?? findModel('mtcnn-onet').threshold;
  const third = (await refine(sessions, pixels, refined, 'mtcnn-onet', 48))
    .filter(({ score }) => score > threshold)
    .map(({ box, offsets, score, points }, index) => ({
      ...regress({ ...box, offsets, score }, 1),
      index,
      landmarks: pointsOf(box, points),
    }));
  const overlap = options.iouThreshold ?? NMS_BETWEEN_STAGES;
  const kept = options.nms === 'hard' ? suppressInner(third, overlap) : blendNms(third, overlap);
  return kept.map(({ x1, y1, x2, y2, score, index }) => ({
    box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 },
    score,
    landmarks: (third[index] as (typeof third)[number]).landmarks,
  }));
}

/** Ties of the score are broken by position, so positions must be unique. */
function reindex<T extends Candidate>(boxes: readonly T[]): T[] {
  return boxes.map((box, index) => ({ ...box, index }));
}
