import type { DetectedFace, Landmarks } from './types.js';

/** @internal The faces in the coordinates of a picture that is larger by these factors. */
export function scaleFaces<T extends DetectedFace>(faces: readonly T[], x: number, y: number): T[] {
  if (x === 1 && y === 1) return [...faces];
  return faces.map((face) => ({
    ...face,
    box: {
      x: face.box.x * x,
      y: face.box.y * y,
      width: face.box.width * x,
      height: face.box.height * y,
    },
    ...(face.landmarks && {
      landmarks: face.landmarks.map(([left, top]) => [left * x, top * y]) as Landmarks,
    }),
  }));
}
