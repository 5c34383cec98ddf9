/** YuNet: an anchor-free detector with five landmarks, for any size of picture. */
import { findModel } from '../models/manifest.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import type { Candidate } from './candidates.js';
import { blendNms, hardNms } from './nms.js';
import {
  DEFAULT_IOU_THRESHOLD,
  type DetectedFace,
  type InputSize,
  type Landmarks,
  type Point,
  type ResolvedDetectOptions,
} from './types.js';

const STRIDES = [8, 16, 32] as const;

/** Sides of the network's input are multiples of this. */
const MULTIPLE = 32;

/** A larger picture is shrunk to this side: beyond, one run takes gigabytes. */
const MOST_SIDE = 4096;

/** OpenCV's FaceDetectorYN looks at the best 5000 candidates. */
const TOP_K = 5000;

interface Level {
  cls: Float32Array;
  obj: Float32Array;
  bbox: Float32Array;
  kps: Float32Array;
}

/** @internal A candidate with its points. */
export interface YunetCandidate extends Candidate {
  landmarks: Landmarks;
}

/**
 * @internal Decodes the twelve outputs, in pixels of the network's input.
 *
 * Source: libfacedetection.train (YuNet head) as OpenCV's FaceDetectorYN decodes it:
 * score = sqrt(cls * obj), centre = (cell + bbox[0..1]) * stride, size = exp(bbox[2..3]) * stride,
 * point = (cell + kps) * stride.
 */
export function decodeYunet(
  outputs: readonly Float32Array[],
  width: number,
  threshold: number,
): YunetCandidate[] {
  const candidates: YunetCandidate[] = [];
  for (const [level, stride] of STRIDES.entries()) {
    const [cls, obj, bbox, kps] = outputs.slice(level * 4, level * 4 + 4) as [
      Level['cls'],
      Level['obj'],
      Level['bbox'],
      Level['kps'],
    ];
    const columns = width / stride;
    for (let i = 0; i < cls.length; i++) {
      const score = Math.sqrt(unit(cls[i]) * unit(obj[i]));
      if (!(score > threshold)) continue;
      const column = i % columns;
      const row = Math.floor(i / columns);
      const x = (column + (bbox[4 * i] as number)) * stride;
      const y = (row + (bbox[4 * i + 1] as number)) * stride;
      const w = Math.exp(bbox[4 * i + 2] as number) * stride;
      const h = Math.exp(bbox[4 * i + 3] as number) * stride;
      const point = (k: number): Point => [
        (column + (kps[10 * i + 2 * k] as number)) * stride,
        (row + (kps[10 * i + 2 * k + 1] as number)) * stride,
      ];
      candidates.push({
        x1: x - w / 2,
        y1: y - h / 2,
        x2: x + w / 2,
        y2: y + h / 2,
        score,
        index: candidates.length,
        landmarks: [point(0), point(1), point(2), point(3), point(4)],
      });
    }
  }
  return candidates;
}

function unit(value: number | undefined): number {
  return Math.min(Math.max(value ?? 0, 0), 1);
}

function paddedTo(size: number): number {
  return Math.ceil(size / MULTIPLE) * MULTIPLE;
}

/** Source pixels per pixel of the input; 1 unless the picture must shrink. */
function shrinkFactor(pixels: Pixels, within: InputSize | undefined): number {
  const box = within ?? {
    width: Math.min(pixels.width, MOST_SIDE),
    height: Math.min(pixels.height, MOST_SIDE),
  };
  return Math.max(pixels.width / box.width, pixels.height / box.height);
}

/** @internal */
export async function detectYunet(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const factor = shrinkFactor(pixels, options.inputSize);
  const width = paddedTo(Math.max(1, Math.round(pixels.width / factor)));
  const height = paddedTo(Math.max(1, Math.round(pixels.height / factor)));
  // Pixel centres: input pixel d is at (d + 0.5) * factor - 0.5. Beyond the picture it is black.
  const shift = 0.5 * factor - 0.5;
  const outputs = await sessions.use('yunet', width, height, (session, model) =>
    session.run({
      picture: pixels,
      geometry: 'warp',
      regions: Float64Array.of(factor, 0, shift, 0, factor, shift),
      width,
      height,
      mean: model.input.mean,
      scale: model.input.scale,
      order: model.input.order,
    }),
  );
  const threshold = options.scoreThreshold ?? findModel('yunet').threshold;
  const candidates = decodeYunet(outputs, width, threshold);
  for (const candidate of candidates) {
    candidate.x1 *= factor;
    candidate.y1 *= factor;
    candidate.x2 *= factor;
    candidate.y2 *= factor;
    for (const point of candidate.landmarks) {
      point[0] *= factor;
      point[1] *= factor;
    }
  }
  const overlap = options.iouThreshold ?? DEFAULT_IOU_THRESHOLD;
  const kept =
    options.nms === 'hard' ? hardNms(candidates, overlap, TOP_K) : blendNms(candidates, overlap);
  return kept.map(({ x1, y1, x2, y2, score, index }) => ({
    box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 },
    score,
    landmarks: (candidates[index] as YunetCandidate).landmarks,
  }));
}
