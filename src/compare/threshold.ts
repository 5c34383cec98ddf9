import { rangeError } from '../arguments.js';
import type { Model } from '../models/manifest.js';

/**
 * The largest distance of one person: as given, or by a false accept rate, or the model's default.
 * Of the measured rates the next stricter one is taken, never a guess between them.
 *
 * @internal
 */
export function resolveThreshold(
  model: Model,
  { threshold, far }: { threshold: number | undefined; far: number | undefined },
): number {
  if (threshold !== undefined) return threshold;
  if (far === undefined) return model.threshold;
  const points = [...(model.operatingPoints ?? [])].sort((a, b) => b.far - a.far);
  const point = points.find((candidate) => candidate.far <= far);
  if (point === undefined) {
    const least = points.at(-1)?.far;
    throw rangeError(
      'far',
      least === undefined
        ? `absent: no false accept rates are known for ${model.name}`
        : `at least ${least}, the strictest rate that was measured for ${model.name}`,
      far,
    );
  }
  return point.threshold;
}
