/** Crops without alignment: square ones around a box. */
import type { Box } from '../detect/types.js';
import type { AffineMatrix } from './similarity-transform.js';

/** A square in pixels of the picture; may leave it. */
export interface Square {
  x: number;
  y: number;
  side: number;
}

/** The square around the centre of a box with `scale` times its longer side. */
export function squareAround(box: Box, scale = 1): Square {
  const side = Math.max(box.width, box.height) * scale;
  return { x: box.x + (box.width - side) / 2, y: box.y + (box.height - side) / 2, side };
}

/** The map from a pixel of a `size` x `size` crop to the picture (pixel centres at integers). */
export function cropMap({ x, y, side }: Square, size: number): AffineMatrix {
  const step = side / size;
  const shift = 0.5 * step - 0.5;
  return [step, 0, x + shift, 0, step, y + shift];
}
