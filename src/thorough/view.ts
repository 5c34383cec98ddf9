/** Views of a picture: turned, with a border, or a part of it; and the way back to the picture. */
import type { AffineMatrix } from '../align/similarity-transform.js';
import type { DetectedFace, Landmarks, Point } from '../detect/types.js';
import type { Sessions } from '../models/sessions.js';
import { native, type Pixels } from '../native.js';

/** Pixels to look at, and where they lie in the picture. */
export interface View {
  pixels: Pixels;
  /** From a place in the view to the place in the picture; pixel i reaches from i to i + 1. */
  toPicture: AffineMatrix;
}

/** Clockwise turns that make a view of a picture. */
export type QuarterTurns = 0 | 1 | 2 | 3;

/** Part of a picture, in its pixels; may reach beyond it. */
export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The longer side of a view, at most: detectors shrink it further, and memory stays small. */
const MOST_SIDE = 1280;

/** Of a part that is turned clockwise and scaled by `step` pixels of the picture to one of the view. */
function mapOf({ x, y, width, height }: Part, turns: QuarterTurns, step: number): AffineMatrix {
  switch (turns) {
    case 0:
      return [step, 0, x, 0, step, y];
    case 1:
      return [0, step, x, -step, 0, y + height];
    case 2:
      return [-step, 0, x + width, 0, -step, y + height];
    case 3:
      return [0, -step, x + width, step, 0, y];
  }
}

/** Makes a view of a part of the picture, off the event loop. What lies outside of the picture is black. */
export async function viewOf(
  sessions: Sessions,
  pixels: Pixels,
  part: Part,
  turns: QuarterTurns = 0,
): Promise<View> {
  const step = Math.max(1, Math.max(part.width, part.height) / MOST_SIDE);
  const [across, down] = turns % 2 === 0 ? [part.width, part.height] : [part.height, part.width];
  const width = Math.max(1, Math.round(across / step));
  const height = Math.max(1, Math.round(down / step));
  const toPicture = mapOf(part, turns, step);
  const [a, b, c, d, e, f] = toPicture;
  // The addon's maps go from the centre of a pixel to the centre of a pixel.
  const centres = [a, b, c + (a + b) / 2 - 0.5, d, e, f + (d + e) / 2 - 0.5];
  const data = await native().resample(
    { picture: pixels, geometry: 'warp', regions: Float64Array.from(centres), width, height },
    sessions.cancellation,
  );
  return { pixels: { data, width, height }, toPicture };
}

/** The whole picture with a black border around it, `share` of its sides wide. */
export function withBorder({ width, height }: Pixels, share: number): Part {
  return {
    x: -width * share,
    y: -height * share,
    width: width * (1 + 2 * share),
    height: height * (1 + 2 * share),
  };
}

function pointToPicture([a, b, c, d, e, f]: AffineMatrix, [x, y]: Point): Point {
  return [a * x + b * y + c, d * x + e * y + f];
}

/** A face of a view, in pixels of the picture. Landmarks keep their order: the person's right eye first. */
export function faceToPicture(
  { toPicture }: View,
  { box, score, landmarks }: DetectedFace,
): DetectedFace {
  const [x1, y1] = pointToPicture(toPicture, [box.x, box.y]);
  const [x2, y2] = pointToPicture(toPicture, [box.x + box.width, box.y + box.height]);
  const face: DetectedFace = {
    box: {
      x: Math.min(x1, x2),
      y: Math.min(y1, y2),
      width: Math.abs(x2 - x1),
      height: Math.abs(y2 - y1),
    },
    score,
  };
  if (landmarks !== undefined) {
    face.landmarks = landmarks.map((point) => pointToPicture(toPicture, point)) as Landmarks;
  }
  return face;
}

/** Pixels of the picture to one of the view. */
export function scaleOf({ toPicture: [a, b] }: View): number {
  return Math.abs(a) + Math.abs(b);
}
