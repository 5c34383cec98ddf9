/** One interface over the seven detectors. */

import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { detectMtcnn } from './mtcnn.js';
import { detectPriors } from './prior-detector.js';
import type { Box, DetectedFace, ResolvedDetectOptions } from './types.js';
import { detectYunet } from './yunet.js';

/** @internal Finds faces, best first, with all of the options but `maxFaces`, `minSize`, `clip`. */
export type Detect = (
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
) => Promise<DetectedFace[]>;

function detectorOf(options: ResolvedDetectOptions): Detect {
  switch (options.detector) {
    case 'mtcnn':
      return detectMtcnn;
    case 'yunet':
      return detectYunet;
    default:
      return detectPriors;
  }
}

/** @internal The part of a box that lies in the picture. */
export function clipBox(box: Box, width: number, height: number): Box {
  const x = Math.min(Math.max(box.x, 0), width);
  const y = Math.min(Math.max(box.y, 0), height);
  return {
    x,
    y,
    width: Math.max(0, Math.min(box.x + box.width, width) - x),
    height: Math.max(0, Math.min(box.y + box.height, height) - y),
  };
}

/** @internal Runs the detector that the options name, and applies what all have in common. */
export async function detectFaces(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const found = await detectorOf(options)(sessions, pixels, options);
  const least = options.minSize ?? 0;
  const faces = found.filter(({ box }) => Math.min(box.width, box.height) >= least);
  faces.length = Math.min(faces.length, options.maxFaces);
  if (options.clip) {
    for (const face of faces) face.box = clipBox(face.box, pixels.width, pixels.height);
  }
  return faces;
}
