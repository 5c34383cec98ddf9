/** The twelve outputs of YuNet to boxes with landmarks. */
import { INDEX, Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import { type Sliced, wholly } from './slices.js';
import type { Landmarks, Point } from './types.js';

const STRIDES = [8, 16, 32] as const;

/** The landmarks stand after the columns of every box: five times x, y. */
const POINTS = 6;
const COLUMNS = 16;

/** So many cells go between two yields. */
const STEPS = 32_768;

/** A part of the input that one run has seen, and which cells of it count; multiples of 32 pixels. */
export interface YunetTile {
  /** Of the run, in pixels of the whole input. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** What counts: the rest is there as context. */
  inner: { left: number; top: number; right: number; bottom: number };
}

/** A table for candidates of YuNet. */
export function yunetRows(): Rows {
  return new Rows(COLUMNS);
}

function unit(value: number | undefined): number {
  return Math.min(Math.max(value ?? 0, 0), 1);
}

/**
 * Adds the candidates of a tile to the table, in pixels of an input of `width` x `height`. Boxes that
 * are not finite are left out.
 *
 * Source: libfacedetection.train (YuNet head) as OpenCV's FaceDetectorYN decodes it:
 * score = sqrt(cls * obj), centre = (cell + bbox[0..1]) * stride, size = exp(bbox[2..3]) * stride,
 * point = (cell + kps) * stride.
 */
export function* decodeYunetTile(
  outputs: readonly Float32Array[],
  tile: YunetTile,
  { width, height }: { width: number; height: number },
  threshold: number,
  rows: Rows,
): Sliced<void> {
  let levelStart = 0;
  for (const [level, stride] of STRIDES.entries()) {
    const [cls, obj, bbox, kps] = outputs.slice(level * 4, level * 4 + 4) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const columns = tile.width / stride;
    const { left, top, right, bottom } = tile.inner;
    for (let i = 0; i < cls.length; i++) {
      if (i % STEPS === STEPS - 1) yield;
      const score = Math.sqrt(unit(cls[i]) * unit(obj[i]));
      if (!(score > threshold)) continue;
      const column = (i % columns) + tile.x / stride;
      const row = Math.floor(i / columns) + tile.y / stride;
      const cellX = column * stride;
      const cellY = row * stride;
      if (cellX < left || cellX >= right || cellY < top || cellY >= bottom) continue;
      const x = (column + (bbox[4 * i] as number)) * stride;
      const y = (row + (bbox[4 * i + 1] as number)) * stride;
      const w = Math.exp(bbox[4 * i + 2] as number) * stride;
      const h = Math.exp(bbox[4 * i + 3] as number) * stride;
      if (!Number.isFinite(x + y + w * h)) continue;
      const at = rows.push();
      const { data } = rows;
      data[at + X1] = x - w / 2;
      data[at + Y1] = y - h / 2;
      data[at + X2] = x + w / 2;
      data[at + Y2] = y + h / 2;
      data[at + SCORE] = score;
      data[at + INDEX] = levelStart + row * (width / stride) + column;
      for (let k = 0; k < 5; k++) {
        data[at + POINTS + 2 * k] = (column + (kps[10 * i + 2 * k] as number)) * stride;
        data[at + POINTS + 2 * k + 1] = (row + (kps[10 * i + 2 * k + 1] as number)) * stride;
      }
    }
    levelStart += (width / stride) * (height / stride);
    yield;
  }
}

/** The landmarks of a row, times `factor`. */
export function landmarksOf(rows: Rows, row: number, factor = 1): Landmarks {
  const point = (k: number): Point => [
    rows.get(row, POINTS + 2 * k) * factor,
    rows.get(row, POINTS + 2 * k + 1) * factor,
  ];
  return [point(0), point(1), point(2), point(3), point(4)];
}

/** The candidates of a small square input that was run as a whole. */
export function decodeYunet(
  outputs: readonly Float32Array[],
  side: number,
  threshold: number,
): Rows {
  const rows = yunetRows();
  const inner = { left: 0, top: 0, right: side, bottom: side };
  const tile = { x: 0, y: 0, width: side, height: side, inner };
  wholly(decodeYunetTile(outputs, tile, tile, threshold, rows));
  return rows;
}
