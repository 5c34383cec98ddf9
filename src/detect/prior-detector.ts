/** The RFB and slim detectors, float and quantised: one network shape, one decoding. */
import { findModel } from '../models/manifest.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import type { Candidate } from './candidates.js';
import { decodePriors } from './decode-priors.js';
import { blendNms, hardNms } from './nms.js';
import { priorsFor } from './priors.js';
import { DEFAULT_IOU_THRESHOLD, type DetectedFace, type ResolvedDetectOptions } from './types.js';

/** The size that the networks were trained for. */
const DEFAULT_SIZE = { width: 320, height: 240 } as const;

function toFace({ x1, y1, x2, y2, score }: Candidate): DetectedFace {
  return { box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }, score };
}

function toPixels(candidate: Candidate, { width, height }: Pixels): Candidate {
  return {
    ...candidate,
    x1: candidate.x1 * width,
    y1: candidate.y1 * height,
    x2: candidate.x2 * width,
    y2: candidate.y2 * height,
  };
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
  const candidates = decodePriors(scores, boxes, priorsFor(size), threshold);
  // The reference suppresses in units of the picture, where a box of a wide picture is narrower;
  // the C++ demo blends in pixels.
  const overlap = options.iouThreshold ?? DEFAULT_IOU_THRESHOLD;
  const kept =
    options.nms === 'hard'
      ? hardNms(candidates, overlap).map((c) => toPixels(c, pixels))
      : blendNms(
          candidates.map((c) => toPixels(c, pixels)),
          overlap,
        );
  return kept.map(toFace);
}
