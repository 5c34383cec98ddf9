/** The RFB and slim detectors, float and quantised: one network shape, one decoding. */
import { findModel } from '../models/manifest.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { descending } from './best-first.js';
import { decodePriors, scoresAbove } from './decode-priors.js';
import { BLEND_CANDIDATES, HARD_CANDIDATES } from './limits.js';
import { bestAsNumpy, blendNms, REFERENCE_IOU, suppress } from './nms.js';
import { Priors } from './priors.js';
import { type Rows, SCORE, upTo, X1, X2, Y1, Y2 } from './rows.js';
import { inSlices, type Sliced } from './slices.js';
import {
  DEFAULT_IOU_THRESHOLD,
  type DetectedFace,
  type InputSize,
  type ResolvedDetectOptions,
} from './types.js';

/** The size that the networks were trained for. */
const DEFAULT_SIZE = { width: 320, height: 240 } as const;

function toFace(rows: Rows, row: number): DetectedFace {
  const x = rows.get(row, X1);
  const y = rows.get(row, Y1);
  return {
    box: { x, y, width: rows.get(row, X2) - x, height: rows.get(row, Y2) - y },
    score: rows.get(row, SCORE),
  };
}

function toPixels(rows: Rows, { width, height }: Pixels): Rows {
  for (let row = 0; row < rows.count; row++) {
    const corners = rows.row(row);
    for (const column of [X1, X2]) (corners[column] as number) *= width;
    for (const column of [Y1, Y2]) (corners[column] as number) *= height;
  }
  return rows;
}

/** @internal From the network's output to faces, best first. */
export function* facesOfPriors(
  scores: Float32Array,
  boxes: Float32Array,
  size: InputSize,
  threshold: number,
  pixels: Pixels,
  options: Pick<ResolvedDetectOptions, 'nms' | 'iouThreshold'>,
): Sliced<DetectedFace[]> {
  const priors = new Priors(size);
  const count = Math.min(priors.count, scores.length / 2, boxes.length / 4);
  const scored = yield* scoresAbove(scores, count, threshold);
  const overlap = options.iouThreshold ?? DEFAULT_IOU_THRESHOLD;
  // The reference suppresses in units of the picture, where a box of a wide picture is narrower;
  // the C++ demo blends in pixels.
  if (options.nms === 'hard') {
    const best = yield* bestAsNumpy(scored.scores, HARD_CANDIDATES);
    const rows = yield* decodePriors(scored, best, boxes, priors);
    const kept = yield* suppress(rows, upTo(rows.count), overlap, REFERENCE_IOU);
    toPixels(rows, pixels);
    return Array.from(kept, (row) => toFace(rows, row));
  }
  const best = (yield* descending(scored.scores)).slice(0, BLEND_CANDIDATES);
  const rows = toPixels(yield* decodePriors(scored, best, boxes, priors), pixels);
  const merged = yield* blendNms(rows, overlap, BLEND_CANDIDATES);
  return Array.from({ length: merged.count }, (_, row) => toFace(merged, row));
}

/** @internal */
export async function detectPriors(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const size = options.inputSize ?? DEFAULT_SIZE;
  const outputs = await sessions.use(options.detector, size.width, size.height, (session, model) =>
    session.run({
      picture: pixels,
      geometry: 'linear',
      regions: Float64Array.of(0, 0, pixels.width, pixels.height),
      width: size.width,
      height: size.height,
      mean: model.input.mean,
      scale: model.input.scale,
      order: model.input.order,
    }),
  );
  const [scores, boxes] = outputs as [Float32Array, Float32Array];
  const threshold = options.scoreThreshold ?? findModel(options.detector).threshold;
  return await inSlices(facesOfPriors(scores, boxes, size, threshold, pixels, options));
}
