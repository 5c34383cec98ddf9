/** One model over many regions of a picture, spread over the lanes. */
import { isFloat64Array } from 'node:util/types';
import { mapInOrder } from '../batch.js';
import type { Geometry, Pixels } from '../native.js';
import type { Model } from './manifest.js';
import type { Sessions } from './sessions.js';

/** @internal */
export interface Regions {
  picture: Pixels;
  geometry: Geometry;
  /** As in a native job: rectangles of 4 numbers, or maps of 6; one after the other, or one each. */
  regions: Float64Array | readonly (readonly number[])[];
}

/** Regions in one run: pictures with few faces need not wait for all of a picture with thousands. */
const MOST_AT_ONCE = 256;

function flatten(regions: Regions['regions'], each: number): Float64Array {
  if (isFloat64Array(regions)) return regions;
  const flat = new Float64Array(each * regions.length);
  for (const [i, region] of regions.entries()) flat.set(region, each * i);
  return flat;
}

/**
 * @internal
 * Gives each output of the model with the regions' values one after the other. Within one lane a
 * batch of regions runs in one task, so that a hundred small crops do not cross threads a hundred times.
 */
export async function runRegions(
  sessions: Sessions,
  model: Model | string,
  size: number,
  { picture, geometry, regions }: Regions,
): Promise<Float32Array[]> {
  const each = geometry === 'warp' ? 6 : 4;
  const flat = flatten(regions, each);
  const count = flat.length / each;
  const share = Math.min(MOST_AT_ONCE, Math.ceil(count / sessions.lanes));
  const starts = Array.from({ length: Math.ceil(count / share) }, (_, i) => i * share);
  const results = mapInOrder(
    starts,
    sessions.lanes,
    async (start) =>
      await sessions.use(model, size, size, (session, { input }) =>
        session.run({
          picture,
          geometry,
          regions: flat.slice(each * start, each * (start + share)),
          width: size,
          height: size,
          mean: input.mean,
          scale: input.scale,
          order: input.order,
        }),
      ),
  );
  let outputs: Float32Array[] = [];
  let at = 0;
  for await (const part of results) {
    const regionsOfPart = Math.min(share, count - at);
    if (regionsOfPart === count) return part;
    if (at === 0) {
      outputs = part.map((values) => new Float32Array((values.length / regionsOfPart) * count));
    }
    for (const [i, values] of part.entries()) {
      outputs[i]?.set(values, (values.length / regionsOfPart) * at);
    }
    at += regionsOfPart;
  }
  return outputs;
}
