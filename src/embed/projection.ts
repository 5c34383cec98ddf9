/** Takes out of an embedding what only says how poor the face's picture is. */
import type { Model } from '../models/manifest.js';

/** Orthonormal directions, row after row. */
export interface Projection {
  rows: Float32Array;
  dimension: number;
}

const kept = new WeakMap<Model, Projection>();

/** The directions of a model's manifest entry, or undefined where it has none. */
export function projectionOf(model: Model): Projection | undefined {
  if (model.projection === undefined) return undefined;
  let projection = kept.get(model);
  if (projection === undefined) {
    const bytes = Uint8Array.from(Buffer.from(model.projection.data, 'base64'));
    const view = new DataView(bytes.buffer);
    const rows = Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
    projection = { rows, dimension: model.outputs[0]?.shape.at(-1) ?? 0 };
    kept.set(model, projection);
  }
  return projection;
}

/**
 * Removes the directions from a vector, in place: v - B'Bv. Its length changes.
 *
 * Small, blurred and compressed faces move along a few directions, whoever they show, so that strangers
 * look alike. `tools/projection` learns the directions; the projection is linear, so stored
 * vectors can be converted without their pictures.
 */
export function projectOut(vector: Float32Array, { rows, dimension }: Projection): void {
  for (let start = 0; start < rows.length; start += dimension) {
    let along = 0;
    for (let i = 0; i < dimension; i++) {
      along += (rows[start + i] as number) * (vector[i] as number);
    }
    for (let i = 0; i < dimension; i++) {
      vector[i] = (vector[i] as number) - along * (rows[start + i] as number);
    }
  }
}
