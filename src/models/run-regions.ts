/** One model over many regions of a picture, spread over the lanes. */

import { allSettled } from '../all-settled.js';
import type { Geometry, Pixels } from '../native.js';
import type { Model } from './manifest.js';
import type { Sessions } from './sessions.js';

/** @internal */
export interface Regions {
  picture: Pixels;
  geometry: Geometry;
  /** As in a native job: rectangles of 4 numbers, or maps of 6. */
  regions: readonly (readonly number[])[];
}

function join(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * @internal
 * Gives each output of the model with the regions' values one after the other. Within one lane the
 * regions run in one task, so that a hundred small crops do not cross threads a hundred times.
 */
export async function runRegions(
  sessions: Sessions,
  model: Model | string,
  size: number,
  { picture, geometry, regions }: Regions,
): Promise<Float32Array[]> {
  const share = Math.ceil(regions.length / sessions.lanes);
  const parts: Promise<Float32Array[]>[] = [];
  for (let from = 0; from < regions.length; from += share) {
    parts.push(
      sessions.use(model, size, size, (session, { input }) =>
        session.run({
          picture,
          geometry,
          regions: Float64Array.from(regions.slice(from, from + share).flat()),
          width: size,
          height: size,
          mean: input.mean,
          scale: input.scale,
          order: input.order,
        }),
      ),
    );
  }
  const done = await allSettled(parts);
  return (done[0] ?? []).map((_, output) => join(done.map((part) => part[output] as Float32Array)));
}
