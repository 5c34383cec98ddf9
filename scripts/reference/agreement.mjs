/** How far two sets of faces are apart, and whether that is near enough. */
import { isQuantised } from './detectors.mjs';

/**
 * The two sides run different versions of MNN: float kernels may differ in the last bits, quantised
 * ones round to another step, which moves scores more than boxes.
 *
 * OpenCV's warp rounds positions to 1/32 of a pixel, ours does not: on faces of 20 pixels that turns
 * the embedding to a cosine of 0.998, on large ones of 0.9999.
 */
export const TOLERANCES = {
  float: { corner: 0.01, score: 1e-4, cosine: 0.99 },
  quantised: { corner: 0.5, score: null, cosine: 0.99 },
};

/** `{box, score}` to `{corners, score}`. */
export function toCorners({ box, score }) {
  return { corners: [box.x, box.y, box.x + box.width, box.y + box.height], score };
}

/** `{corners, score}` to `{box, score}`. */
export function toBox({ corners: [x1, y1, x2, y2], score }) {
  return { box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }, score };
}

function cornerDifference(a, b) {
  return Math.max(...a.corners.map((value, i) => Math.abs(value - b.corners[i])));
}

/** Pairs each face with its nearest one of the other side, nearest pairs first. */
function matchFaces(ours, theirs) {
  const pairs = ours
    .flatMap((a, i) => theirs.map((b, j) => ({ i, j, corner: cornerDifference(a, b) })))
    .sort((a, b) => a.corner - b.corner);
  const taken = { ours: new Set(), theirs: new Set() };
  return pairs.filter(({ i, j }) => {
    if (taken.ours.has(i) || taken.theirs.has(j)) return false;
    taken.ours.add(i);
    taken.theirs.add(j);
    return true;
  });
}

/** Largest differences of the faces in corners and scores; null where no two faces are. */
export function differences(ours, theirs) {
  const pairs = matchFaces(ours, theirs);
  if (pairs.length === 0) return { corner: null, score: null };
  return {
    corner: Math.max(...pairs.map((pair) => pair.corner)),
    score: Math.max(...pairs.map(({ i, j }) => Math.abs(ours[i].score - theirs[j].score))),
  };
}

/** Of two values that may be null, the larger one. */
export function larger(a, b) {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

export function cosine(a, b) {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (const [i, x] of a.entries()) {
    dot += x * b[i];
    normA += x * x;
    normB += b[i] * b[i];
  }
  return dot / Math.sqrt(normA * normB);
}

/** Whether a compared row is within the tolerances of its kind of model. */
export function isWithinTolerance({ detector, faces, difference, cosine: similarity }) {
  const {
    corner,
    score,
    cosine: least,
  } = TOLERANCES[isQuantised(detector) ? 'quantised' : 'float'];
  const within = (value, most) => value === null || most === null || value <= most;
  return (
    faces.ours === faces.article &&
    faces.ours === faces.warm &&
    within(difference.corner, corner) &&
    within(difference.score, score) &&
    (similarity === null || similarity >= least)
  );
}
