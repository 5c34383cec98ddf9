/** Thresholds by false accept rate, from histograms of distances. */
import { BINS_PER_UNIT, type PairDistances } from './pair-distances.js';

/** A threshold and its error rates. */
export interface OperatingPoint {
  /** The false accept rate asked for. */
  far: number;
  /** The largest distance that counts as one person. */
  threshold: number;
  /** The false accept rate that was measured, and its 95 % confidence interval. */
  measuredFar: number;
  farInterval: [number, number];
  /** Share of genuine pairs accepted, and its 95 % confidence interval. */
  tar: number;
  tarInterval: [number, number];
}

/** A point of the DET curve (detection error tradeoff). */
export interface DetPoint {
  threshold: number;
  /** False accept rate. */
  far: number;
  /** False reject rate: 1 - TAR. */
  frr: number;
}

/** 97.5th percentile of the normal distribution. */
const Z = 1.959964;

/**
 * The 95 % interval of a rate, as if pairs were independent. Pairs that share a face are not, so the
 * real interval is somewhat wider.
 *
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 */
export function wilsonInterval(hits: number, trials: number): [number, number] {
  if (trials === 0) return [0, 1];
  const rate = hits / trials;
  const square = Z * Z;
  const centre = rate + square / (2 * trials);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials * trials));
  const scale = 1 + square / trials;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

function countUpTo(histogram: Float64Array, bin: number): number {
  let count = 0;
  for (let i = 0; i <= bin; i++) count += histogram[i] as number;
  return count;
}

/** The last bin up to which at most `allowed` distances lie; -1 where the first has more. */
function lastBinWith(histogram: Float64Array, allowed: number): number {
  let count = 0;
  for (let bin = 0; bin < histogram.length; bin++) {
    count += histogram[bin] as number;
    if (count > allowed) return bin - 1;
  }
  return histogram.length - 1;
}

/**
 * For each rate the largest threshold that keeps it. A rate that so few pairs cannot show (fewer than
 * one false accept expected) is left out.
 */
export function operatingPoints(
  pairs: PairDistances,
  rates: readonly number[] = [1e-2, 1e-3, 1e-4, 1e-5],
): OperatingPoint[] {
  return rates
    .filter((far) => far * pairs.impostorPairs >= 1)
    .map((far) => {
      const bin = Math.max(0, lastBinWith(pairs.impostor, Math.floor(far * pairs.impostorPairs)));
      const accepted = countUpTo(pairs.impostor, bin);
      const right = countUpTo(pairs.genuine, bin);
      return {
        far,
        threshold: bin / BINS_PER_UNIT,
        measuredFar: accepted / pairs.impostorPairs,
        farInterval: wilsonInterval(accepted, pairs.impostorPairs),
        tar: pairs.genuinePairs === 0 ? Number.NaN : right / pairs.genuinePairs,
        tarInterval: wilsonInterval(right, pairs.genuinePairs),
      };
    });
}

/** The error rates at every hundredth of distance where either rate changes. */
export function detCurve(pairs: PairDistances, step = 0.005): DetPoint[] {
  const points: DetPoint[] = [];
  let far = 0;
  let accepted = 0;
  const binsPerStep = Math.round(step * BINS_PER_UNIT);
  for (let bin = 0; bin < pairs.impostor.length; bin++) {
    far += pairs.impostor[bin] as number;
    accepted += pairs.genuine[bin] as number;
    if (bin % binsPerStep !== 0) continue;
    points.push({
      threshold: bin / BINS_PER_UNIT,
      far: far / pairs.impostorPairs,
      frr: 1 - accepted / pairs.genuinePairs,
    });
  }
  return points;
}
