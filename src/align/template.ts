import type { Landmarks, Point } from '../detect/types.js';
import { type AffineMatrix, similarityTransform } from './similarity-transform.js';

/** Side of an aligned face, in pixels. */
export const ALIGNED_SIZE = 112;

/**
 * Where the five points of an aligned face lie in 112x112 pixels.
 *
 * Source: the ArcFace template (InsightFace, face_align.py: arcface_dst).
 */
export const ARCFACE_TEMPLATE: readonly Point[] = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/**
 * The map from a pixel of the aligned face to the picture that the landmarks are of.
 *
 * @param size - Side of the aligned face; the template is scaled to it.
 */
export function alignmentMap(landmarks: Landmarks, size = ALIGNED_SIZE): AffineMatrix {
  const scale = size / ALIGNED_SIZE;
  const template = ARCFACE_TEMPLATE.map(([x, y]): Point => [x * scale, y * scale]);
  return similarityTransform(template, landmarks);
}
