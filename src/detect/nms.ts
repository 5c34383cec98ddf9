/** Non-maximum suppression. */
import { byScore, type Candidate } from './candidates.js';
import { argsortAsNumpy } from './reference-order.js';

/** Keeps empty boxes from dividing by zero; of the reference (box_utils.py, iou_of). */
const EPSILON = 1e-5;

/** The reference looks at the best 200 candidates only (hard_nms, candidate_size). */
export const CANDIDATE_LIMIT = 200;

/** Intersection over union, with the reference's epsilon. */
export function iou(a: Candidate, b: Candidate, epsilon = EPSILON): number {
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const overlap = width * height;
  const areaA = Math.max(0, a.x2 - a.x1) * Math.max(0, a.y2 - a.y1);
  const areaB = Math.max(0, b.x2 - b.x1) * Math.max(0, b.y2 - b.y1);
  return overlap / (areaA + areaB - overlap + epsilon);
}

/**
 * Keeps the best box, drops those that overlap it by more than the threshold, and so on.
 * Best first.
 *
 * @param limit - Only the best `limit` candidates are looked at.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, vision/utils/box_utils.py (hard_nms).
 */
export function hardNms(
  candidates: readonly Candidate[],
  iouThreshold: number,
  limit = CANDIDATE_LIMIT,
): Candidate[] {
  const sorted = argsortAsNumpy(candidates.map(({ score }) => score))
    .reverse()
    .slice(0, limit)
    .map((index) => candidates[index] as Candidate);
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    if (kept.every((better) => iou(better, candidate) <= iouThreshold)) kept.push(candidate);
  }
  return kept;
}

/** Overlap as the C++ demo computes it: on pixels, borders included. */
function pixelIou(a: Candidate, b: Candidate): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1) + 1;
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1) + 1;
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  const area = (c: Candidate) => (c.x2 - c.x1 + 1) * (c.y2 - c.y1 + 1);
  return overlap / (area(a) + area(b) - overlap);
}

/** Averages boxes and scores, each with the weight exp(score). */
function blend(cluster: readonly Candidate[]): Candidate {
  const best = cluster[0] as Candidate;
  const merged: Candidate = { x1: 0, y1: 0, x2: 0, y2: 0, score: 0, index: best.index };
  let total = 0;
  for (const member of cluster) total += Math.exp(member.score);
  for (const member of cluster) {
    const rate = Math.exp(member.score) / total;
    merged.x1 += member.x1 * rate;
    merged.y1 += member.y1 * rate;
    merged.x2 += member.x2 * rate;
    merged.y2 += member.y2 * rate;
    merged.score += member.score * rate;
  }
  return merged;
}

/**
 * Merges each cluster of overlapping boxes into their weighted mean. Boxes must be in pixels.
 * Best first.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, MNN/src/UltraFace.cpp (blending_nms).
 */
export function blendNms(candidates: readonly Candidate[], iouThreshold: number): Candidate[] {
  let rest = [...candidates].sort(byScore);
  const merged: Candidate[] = [];
  while (rest.length > 0) {
    const best = rest[0] as Candidate;
    const inCluster = (c: Candidate) => c === best || pixelIou(best, c) > iouThreshold;
    merged.push(blend(rest.filter(inCluster)));
    rest = rest.filter((candidate) => !inCluster(candidate));
  }
  return merged;
}
