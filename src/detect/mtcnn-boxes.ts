/** Geometry of MTCNN's boxes; rounding as facenet-pytorch, models/utils/detect_face.py. */
import { INDEX, type Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import type { Landmarks, Point } from './types.js';

/** The regression that a stage gave for a box: four numbers after the columns of every box. */
export const OFFSETS = 6;
export const PROPOSAL_COLUMNS = 10;
/** O-Net's ten values, in units of the box: five x, then five y. */
export const POINTS = 10;
export const FACE_COLUMNS = 20;

/** Moves the corners of a row by its offsets, in units of the box' size plus `extra`. */
export function regress(rows: Rows, row: number, extra: number): void {
  const values = rows.row(row);
  const width = (values[X2] as number) - (values[X1] as number) + extra;
  const height = (values[Y2] as number) - (values[Y1] as number) + extra;
  for (const [k, size] of [width, height, width, height].entries()) {
    (values[X1 + k] as number) += (values[OFFSETS + k] as number) * size;
  }
}

/** Makes a row's box the square around its centre. */
export function square(rows: Rows, row: number): void {
  const values = rows.row(row);
  const left = values[X1] as number;
  const top = values[Y1] as number;
  const width = (values[X2] as number) - left;
  const height = (values[Y2] as number) - top;
  const side = Math.max(width, height);
  const x1 = left + width / 2 - side / 2;
  const y1 = top + height / 2 - side / 2;
  values.set([x1, y1, x1 + side, y1 + side], X1);
}

/** The rows in a table of their own, regressed and squared. */
export function squares(rows: Rows, kept: Int32Array, extra: number): Rows {
  const boxes = rows.pick(kept);
  for (let row = 0; row < boxes.count; row++) {
    regress(boxes, row, extra);
    square(boxes, row);
  }
  return boxes;
}

/** The whole rectangle of a box inside the picture, as the reference cuts it, or undefined. */
export function cut(
  rows: Rows,
  row: number,
  { width, height }: { width: number; height: number },
): [x: number, y: number, width: number, height: number] | undefined {
  const x = Math.max(Math.trunc(rows.get(row, X1)), 1) - 1;
  const y = Math.max(Math.trunc(rows.get(row, Y1)), 1) - 1;
  const endX = Math.min(Math.trunc(rows.get(row, X2)), width);
  const endY = Math.min(Math.trunc(rows.get(row, Y2)), height);
  return endX > x && endY > y ? [x, y, endX - x, endY - y] : undefined;
}

/** Adds a box of `from` with a new score to `to`, whose index is its place there. */
export function addBox(to: Rows, from: Rows, row: number, score: number): number {
  const at = to.add(from.row(row).subarray(0, SCORE));
  to.data[at + SCORE] = score;
  to.data[at + INDEX] = to.count - 1;
  return at;
}

/** The landmarks of a row whose box O-Net has seen. */
export function landmarksIn(rows: Rows, row: number): Landmarks {
  const values = rows.row(row);
  const width = (values[X2] as number) - (values[X1] as number) + 1;
  const height = (values[Y2] as number) - (values[Y1] as number) + 1;
  const point = (k: number): Point => [
    width * (values[POINTS + k] as number) + (values[X1] as number) - 1,
    height * (values[POINTS + k + 5] as number) + (values[Y1] as number) - 1,
  ];
  return [point(0), point(1), point(2), point(3), point(4)];
}
