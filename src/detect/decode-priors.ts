/** The output of the RFB and slim networks to boxes. */
import type { Candidate } from './candidates.js';

/** Variances of the encoding (fd_config.py: center_variance, size_variance). */
const CENTER_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;

/**
 * The boxes whose face score is above the threshold, as corners in units of the picture (0 to 1,
 * more at its borders). Scores are looked at first: of some thousands of priors a handful pass.
 *
 * @param scores - Two values a prior: background, face.
 * @param boxes - Four values a prior: encoded centre x, y, width, height.
 * @param priors - From `makePriors`.
 *
 * Source: vision/utils/box_utils.py (convert_locations_to_boxes, center_form_to_corner_form).
 */
export function decodePriors(
  scores: Float32Array,
  boxes: Float32Array,
  priors: Float32Array,
  scoreThreshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  const count = Math.min(priors.length / 4, scores.length / 2, boxes.length / 4);
  for (let i = 0; i < count; i++) {
    const score = scores[2 * i + 1] as number;
    if (!(score > scoreThreshold)) continue;
    const o = 4 * i;
    const priorWidth = priors[o + 2] as number;
    const priorHeight = priors[o + 3] as number;
    const x = (boxes[o] as number) * CENTER_VARIANCE * priorWidth + (priors[o] as number);
    const y = (boxes[o + 1] as number) * CENTER_VARIANCE * priorHeight + (priors[o + 1] as number);
    const width = Math.exp((boxes[o + 2] as number) * SIZE_VARIANCE) * priorWidth;
    const height = Math.exp((boxes[o + 3] as number) * SIZE_VARIANCE) * priorHeight;
    candidates.push({
      x1: x - width / 2,
      y1: y - height / 2,
      x2: x + width / 2,
      y2: y + height / 2,
      score,
      index: i,
    });
  }
  return candidates;
}
