/** The output of the RFB and slim networks to boxes. */
import type { Prior, Priors } from './priors.js';
import { INDEX, Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import type { Sliced } from './slices.js';

/** Variances of the encoding (fd_config.py: center_variance, size_variance). */
const CENTER_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;

/** Scores are probabilities; from a broken network may come any number, whose weight exp(score) overflows. */
const NO_PROBABILITY = 2;

/** So many scores go between two yields. */
const STEPS = 65_536;

/** The priors whose face score is above the threshold. */
export interface Scored {
  indexes: Int32Array;
  scores: Float64Array;
}

/**
 * Looks at the scores alone: of some thousands of priors a handful pass.
 *
 * @param scores - Two values a prior: background, face.
 */
export function* scoresAbove(
  scores: Float32Array,
  count: number,
  threshold: number,
): Sliced<Scored> {
  let indexes = new Int32Array(256);
  let passed = 0;
  for (let i = 0; i < count; i++) {
    if (i % STEPS === STEPS - 1) yield;
    const score = scores[2 * i + 1] as number;
    // False for NaN.
    if (!(score > threshold && score < NO_PROBABILITY)) continue;
    if (passed === indexes.length) {
      const larger = new Int32Array(2 * passed);
      larger.set(indexes);
      indexes = larger;
    }
    indexes[passed++] = i;
  }
  const values = new Float64Array(passed);
  for (let k = 0; k < passed; k++) {
    values[k] = scores[2 * (indexes[k] as number) + 1] as number;
    if (k % STEPS === STEPS - 1) yield;
  }
  return { indexes: indexes.slice(0, passed), scores: values };
}

/** Corners in units of the picture (0 to 1, more at its borders). */
export function decodeBox(
  boxes: Float32Array,
  index: number,
  prior: Prior,
): [x1: number, y1: number, x2: number, y2: number] {
  const o = 4 * index;
  const x = (boxes[o] as number) * CENTER_VARIANCE * prior.width + prior.x;
  const y = (boxes[o + 1] as number) * CENTER_VARIANCE * prior.height + prior.y;
  const width = Math.exp((boxes[o + 2] as number) * SIZE_VARIANCE) * prior.width;
  const height = Math.exp((boxes[o + 3] as number) * SIZE_VARIANCE) * prior.height;
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/**
 * The boxes of some scored priors, in units of the picture. Boxes that are not finite are left out:
 * a network that overflows has found nothing there.
 *
 * @param boxes - Four values a prior: encoded centre x, y, width, height.
 * @param order - Positions in `scored`.
 *
 * Source: vision/utils/box_utils.py (convert_locations_to_boxes, center_form_to_corner_form).
 */
export function* decodePriors(
  { indexes, scores }: Scored,
  order: Int32Array,
  boxes: Float32Array,
  priors: Priors,
): Sliced<Rows> {
  const rows = new Rows(undefined, Math.max(1, order.length));
  for (const [i, position] of order.entries()) {
    if (i % 1024 === 1023) yield;
    const index = indexes[position] as number;
    const [x1, y1, x2, y2] = decodeBox(boxes, index, priors.at(index));
    if (!Number.isFinite((x2 - x1) * (y2 - y1))) continue;
    const at = rows.push();
    rows.data[at + X1] = x1;
    rows.data[at + Y1] = y1;
    rows.data[at + X2] = x2;
    rows.data[at + Y2] = y2;
    rows.data[at + SCORE] = scores[position] as number;
    rows.data[at + INDEX] = index;
  }
  return rows;
}
