/** The threshold for two faces of given quality. */

/** Quality from which on a model's own table of thresholds holds. */
const FULL = 0.8;
/** What is taken off the threshold at quality 0. */
const MOST_OFF = 0.12;

/**
 * The largest distance of one person for a pair of faces. Two poor faces look alike where they are
 * not, so they must be nearer; a poor face and a good one are as safe as two good ones. So the better of
 * the two counts.
 *
 * Calibrated on aligned crops of lfw-calibration brought to sides of 10 to 72 px, blurred and
 * compressed, and on pairs within group pictures: there the false accept rate of 1e-4 asks for 0.51
 * where full-size faces have 0.594.
 */
export function pairThreshold(threshold: number, quality: number, otherQuality: number): number {
  const better = Math.max(quality, otherQuality);
  return Math.max(0, threshold - MOST_OFF * Math.max(0, (FULL - better) / FULL));
}
