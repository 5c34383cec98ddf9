/** Non-maximum suppression: each box is compared with those that it can overlap, in slices. */
import { bestFirst } from './best-first.js';
import { BoxGrid, NEXT, REMOVE, STOP } from './box-grid.js';
import { argsortAsNumpy } from './reference-order.js';
import { BOX_COLUMNS, INDEX, Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import type { Sliced } from './slices.js';

/** How the overlap of two boxes is measured. */
export interface Overlap {
  /** Their intersection is divided by their union, or by the smaller of the two. */
  of: 'union' | 'smaller';
  /** 1 where a box ends after the pixel of its lower right corner. */
  border: 0 | 1;
  /** Added to the divisor. */
  epsilon: number;
}

/** IoU with the reference's epsilon (box_utils.py, iou_of), for boxes in units of the picture. */
export const REFERENCE_IOU: Overlap = { of: 'union', border: 0, epsilon: 1e-5 };
/** IoU as torchvision computes it. */
export const PLAIN_IOU: Overlap = { of: 'union', border: 0, epsilon: 0 };
/** IoU as the C++ demo of the detectors' authors computes it: on pixels. */
export const PIXEL_IOU: Overlap = { of: 'union', border: 1, epsilon: 0 };
/** facenet-pytorch's last step: drops boxes inside of others. */
export const INNER_OVERLAP: Overlap = { of: 'smaller', border: 1, epsilon: 0 };

/** What was done, for tests. */
export interface Work {
  comparisons: number;
}

/** So many comparisons go between two yields. */
const STEPS = 4096;

/** The overlap of the boxes at two places of `data`; 0 where they do not meet. */
export function overlapOf(
  data: Float64Array,
  a: number,
  b: number,
  { of, border, epsilon }: Overlap,
): number {
  const ax1 = data[a + X1] as number;
  const ay1 = data[a + Y1] as number;
  const ax2 = data[a + X2] as number;
  const ay2 = data[a + Y2] as number;
  const bx1 = data[b + X1] as number;
  const by1 = data[b + Y1] as number;
  const bx2 = data[b + X2] as number;
  const by2 = data[b + Y2] as number;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1) + border;
  const height = Math.min(ay2, by2) - Math.max(ay1, by1) + border;
  if (!(width > 0 && height > 0)) return 0;
  const overlap = width * height;
  const areaA = (ax2 - ax1 + border) * (ay2 - ay1 + border);
  const areaB = (bx2 - bx1 + border) * (by2 - by1 + border);
  const whole = of === 'smaller' ? Math.min(areaA, areaB) : areaA + areaB - overlap;
  return overlap / (whole + epsilon);
}

/**
 * Of boxes in order: keeps the first, drops those that overlap it by more than the threshold, and so
 * on. Gives the rows that are kept, in the same order.
 *
 * The same boxes as if each were compared with all that are kept.
 */
export function* suppress(
  boxes: Rows,
  order: Int32Array,
  threshold: number,
  overlap: Overlap,
  work: Work = { comparisons: 0 },
): Sliced<Int32Array> {
  const { data, columns } = boxes;
  const grid = new BoxGrid(boxes.count, overlap.border);
  const kept = new Int32Array(order.length);
  let count = 0;
  // Two boxes overlap by at most the ratio of their widths, and of their heights.
  const least = overlap.of === 'union' ? threshold : 0;
  let at = 0;
  const covers = (better: number) => {
    work.comparisons++;
    return overlapOf(data, better * columns, at, overlap) > threshold ? STOP : NEXT;
  };
  let pause = work.comparisons + STEPS;
  for (const [position, row] of order.entries()) {
    at = row * columns;
    const x1 = data[at + X1] as number;
    const y1 = data[at + Y1] as number;
    const x2 = data[at + X2] as number;
    const y2 = data[at + Y2] as number;
    if (!grid.search(x1, y1, x2, y2, least, covers)) {
      grid.insert(row, x1, y1, x2, y2);
      kept[count++] = row;
    }
    if (work.comparisons >= pause || position % 512 === 511) {
      pause = work.comparisons + STEPS;
      yield;
    }
  }
  return kept.slice(0, count);
}

/**
 * The candidates that hard suppression keeps, best first, of equal scores in numpy's order.
 *
 * @param limit - Only the best `limit` candidates are looked at.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, vision/utils/box_utils.py (hard_nms).
 */
export function* hardNms(
  boxes: Rows,
  threshold: number,
  limit: number,
  overlap: Overlap = REFERENCE_IOU,
  work?: Work,
): Sliced<Int32Array> {
  const order = yield* bestAsNumpy(boxes.column(SCORE), limit);
  return yield* suppress(boxes, order, threshold, overlap, work);
}

/** The positions of the `limit` greatest values, greatest first, equal ones as in the reference. */
export function* bestAsNumpy(values: Float64Array, limit: number): Sliced<Int32Array> {
  const order = yield* argsortAsNumpy(values);
  return order.slice(Math.max(0, order.length - limit)).reverse();
}

/** Averages boxes and scores, each with the weight exp(score). */
function blend(boxes: Rows, cluster: readonly number[], into: Rows): void {
  const weights = cluster.map((row) => Math.exp(boxes.get(row, SCORE)));
  let total = 0;
  for (const weight of weights) total += weight;
  const at = into.push();
  for (const [i, row] of cluster.entries()) {
    const rate = (weights[i] as number) / total;
    for (let column = X1; column <= SCORE; column++) {
      (into.data[at + column] as number) += boxes.get(row, column) * rate;
    }
  }
  into.data[at + INDEX] = boxes.get(cluster[0] as number, INDEX);
}

/**
 * Merges each cluster of overlapping boxes into their weighted mean. Boxes must be in pixels. Best
 * first; the index is that of the cluster's best box.
 *
 * @param limit - Only the best `limit` candidates are looked at.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, MNN/src/UltraFace.cpp (blending_nms).
 */
export function* blendNms(
  boxes: Rows,
  threshold: number,
  limit: number,
  work: Work = { comparisons: 0 },
): Sliced<Rows> {
  const { data, columns } = boxes;
  const order = (yield* bestFirst(boxes)).slice(0, limit);
  const grid = new BoxGrid(boxes.count, PIXEL_IOU.border);
  const rank = new Int32Array(boxes.count);
  for (const [i, row] of order.entries()) {
    rank[row] = i;
    const at = row * columns;
    grid.insert(
      row,
      data[at + X1] as number,
      data[at + Y1] as number,
      data[at + X2] as number,
      data[at + Y2] as number,
    );
  }
  yield;
  const merged = new Rows(BOX_COLUMNS);
  const gone = new Uint8Array(boxes.count);
  let best = 0;
  let cluster: number[] = [];
  const joins = (other: number) => {
    if (gone[other] === 1) return REMOVE;
    work.comparisons++;
    if (!(overlapOf(data, best * columns, other * columns, PIXEL_IOU) > threshold)) return NEXT;
    gone[other] = 1;
    cluster.push(other);
    return REMOVE;
  };
  let pause = work.comparisons + STEPS;
  for (const [position, row] of order.entries()) {
    if (gone[row] === 1) continue;
    gone[row] = 1;
    best = row;
    cluster = [];
    const at = row * columns;
    grid.search(
      data[at + X1] as number,
      data[at + Y1] as number,
      data[at + X2] as number,
      data[at + Y2] as number,
      threshold,
      joins,
    );
    cluster.sort((a, b) => (rank[a] as number) - (rank[b] as number));
    blend(boxes, [row, ...cluster], merged);
    if (work.comparisons >= pause || position % 512 === 511) {
      pause = work.comparisons + STEPS;
      yield;
    }
  }
  return merged;
}
