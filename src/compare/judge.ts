/** The verdict over two faces: their distance, against a threshold for their quality. */
import type { DetectedFace } from '../detect/types.js';
import { pairThreshold } from '../quality/pair-threshold.js';

/** What a verdict goes by. */
export interface Criterion {
  /** The largest distance of one person, for faces of full quality. */
  threshold: number;
  /** Faces of less quality are not told apart; 0 switches off all that quality does. */
  minQuality: number;
}

/** @internal */
export interface Verdict {
  verified: boolean;
  reliable: boolean;
  reasons: string[];
  pairThreshold: number;
}

/** @internal Why a face is too poor, or undefined. */
export function poorness(
  { quality, reasons }: DetectedFace,
  { minQuality }: Criterion,
): string | undefined {
  if (quality === undefined || quality >= minQuality) return undefined;
  return `quality ${quality.toFixed(2)} of at least ${minQuality}: ${(reasons ?? []).join('; ')}`;
}

/** @internal The verdict over two faces at a distance. */
export function judge(
  a: DetectedFace,
  b: DetectedFace,
  distance: number,
  criterion: Criterion,
): Verdict {
  const { threshold, minQuality } = criterion;
  const reasons = [
    ['the first face', poorness(a, criterion)],
    ['the second face', poorness(b, criterion)],
  ].flatMap(([which, why]) => (why === undefined ? [] : [`${which}: ${why}`]));
  const applied =
    minQuality === 0 ? threshold : pairThreshold(threshold, a.quality ?? 1, b.quality ?? 1);
  const reliable = reasons.length === 0;
  return { verified: reliable && distance <= applied, reliable, reasons, pairThreshold: applied };
}
