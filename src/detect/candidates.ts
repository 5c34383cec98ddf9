/** Boxes in corner form with scores, before and after non-maximum suppression. */

/** Corners in any one unit; extra values (offsets, landmarks) ride along by `index`. */
export interface Candidate {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  score: number;
  /** Where the candidate stands in the network's output. */
  index: number;
}

/** Best first; of equal scores the earlier one, so that results never depend on luck. */
export function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score || a.index - b.index;
}
