/** Thresholds for identification among many: a stranger meets every entry. */
import { rangeError } from '../arguments.js';
import type { Model } from '../models/manifest.js';

/** How often a stranger is taken for somebody who is enrolled. */
export interface ExpectedFpir {
  /** The false positive identification rate that was asked for. */
  asked: number;
  /** What the threshold gives with so many entries: more than asked where the table ends. */
  expected: number;
}

/** The rate for one stranger against `entries` independent entries. */
function fpirOf(far: number, entries: number): number {
  return 1 - (1 - far) ** entries;
}

/**
 * The threshold at which a stranger matches anybody of `entries` entries at the rate `fpir` at most. A
 * threshold of the model's table is taken, never one between; past the table's end its strictest.
 *
 * fpir = 1 - (1 - FAR)^entries, as if entries were independent: entries of one subject are alike, so
 * that the real rate is lower. Source: ISO/IEC 19795-1, and Grother and Phillips, "Models of large
 * population recognition performance" (2004).
 *
 * @internal
 */
export function thresholdForFpir(
  model: Model,
  fpir: number,
  entries: number,
): { threshold: number; fpir: ExpectedFpir } {
  const points = [...(model.operatingPoints ?? [])].sort((a, b) => b.far - a.far);
  const strictest = points.at(-1);
  if (strictest === undefined) {
    throw rangeError('fpir', `absent: no false accept rates are known for ${model.name}`, fpir);
  }
  // Never looser than for two faces: with few entries the rate alone would allow it.
  const strict = points.filter(({ threshold }) => threshold <= model.threshold);
  const chosen = strict.find(({ far }) => fpirOf(far, entries) <= fpir) ?? strictest;
  return {
    threshold: chosen.threshold,
    fpir: { asked: fpir, expected: fpirOf(chosen.far, entries) },
  };
}
