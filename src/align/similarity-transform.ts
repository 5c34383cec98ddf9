/** The similarity transform (rotation, uniform scale, shift) between two sets of points. */
import type { Point } from '../detect/types.js';

/**
 * A 2x3 affine map, row by row: x' = m[0]*x + m[1]*y + m[2], y' = m[3]*x + m[4]*y + m[5].
 */
export type AffineMatrix = [number, number, number, number, number, number];

/**
 * The similarity transform that brings `from` closest to `to` in the least-squares sense, without
 * reflection. Points all in one place give a pure shift.
 *
 * Source: Umeyama, "Least-squares estimation of transformation parameters between two point
 * patterns" (1991); in the plane it is a linear regression of complex numbers.
 */
export function similarityTransform(from: readonly Point[], to: readonly Point[]): AffineMatrix {
  const n = from.length;
  if (n === 0 || n !== to.length) throw new RangeError('Both sets need the same number of points.');
  const mean = (points: readonly Point[], axis: 0 | 1) =>
    points.reduce((sum, point) => sum + point[axis], 0) / n;
  const fromX = mean(from, 0);
  const fromY = mean(from, 1);
  const toX = mean(to, 0);
  const toY = mean(to, 1);
  let cosine = 0;
  let sine = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const [px, py] = from[i] as Point;
    const [qx, qy] = to[i] as Point;
    const x = px - fromX;
    const y = py - fromY;
    const u = qx - toX;
    const v = qy - toY;
    cosine += x * u + y * v;
    sine += x * v - y * u;
    spread += x * x + y * y;
  }
  // a + bi is scale times rotation.
  const a = spread > 0 ? cosine / spread : 1;
  const b = spread > 0 ? sine / spread : 0;
  return [a, -b, toX - a * fromX + b * fromY, b, a, toY - b * fromX - a * fromY];
}
