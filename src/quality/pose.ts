/** The pose of a head, guessed from its five landmarks. */
import type { Landmarks } from '../detect/types.js';

/** Angles in degrees. */
export interface Pose {
  /** Turned to the side: positive where the nose points to the viewer's right. 0: frontal. */
  yaw: number;
  /** Positive where the head looks down. */
  pitch: number;
  /** Positive where the head leans clockwise, as the viewer sees it. */
  roll: number;
}

/**
 * Lengths of a face in units of the distance between its eyes, after the usual 3D model of six points
 * (nose tip at the origin, eye corners at (±225, 170, -135), mouth corners at (±150, -150, -125); eyes'
 * centres taken at ±165).
 */
const NOSE_DEPTH = 135 / 330;
const EYE_HEIGHT = 170 / 330;
const FACE_HEIGHT = 320 / 330;

const degrees = (radians: number) => (radians * 180) / Math.PI;

/**
 * Yaw, pitch and roll from the landmarks under a weak perspective. Good to about 10 degrees for heads
 * turned by less than 45; beyond that only a sign that the head is turned far.
 */
export function poseOf(landmarks: Landmarks): Pose {
  const [right, left, nose, mouthRight, mouthLeft] = landmarks;
  const dx = left[0] - right[0];
  const dy = left[1] - right[1];
  const eyes = Math.hypot(dx, dy);
  if (!(eyes > 0)) return { yaw: 90, pitch: 0, roll: 0 };
  // The face's own axes: along the eyes, and down.
  const [ax, ay] = [dx / eyes, dy / eyes];
  const along = (x: number, y: number) => x * ax + y * ay;
  const down = (x: number, y: number) => -x * ay + y * ax;
  const middle = [(right[0] + left[0]) / 2, (right[1] + left[1]) / 2] as const;
  const mouth = [(mouthRight[0] + mouthLeft[0]) / 2, (mouthRight[1] + mouthLeft[1]) / 2] as const;

  const height = down(mouth[0] - middle[0], mouth[1] - middle[1]);
  const noseDown = down(nose[0] - middle[0], nose[1] - middle[1]);
  // The eyes' distance shrinks as a head turns, the height of the face does not: the larger of both.
  const scale = Math.max(eyes, height / FACE_HEIGHT);
  // A nose that lies on the line from the eyes to the mouth belongs to a frontal face.
  const share = height > 0 ? noseDown / height : 0.5;
  const onLine = middle.map((value, i) => value + ((mouth[i] as number) - value) * share);
  const aside = along(nose[0] - (onLine[0] as number), nose[1] - (onLine[1] as number));
  const yaw = Math.asin(Math.max(-1, Math.min(1, aside / (scale * NOSE_DEPTH))));
  const lower = share - EYE_HEIGHT / FACE_HEIGHT;
  const pitch = Math.atan((lower * FACE_HEIGHT) / NOSE_DEPTH);
  return { yaw: degrees(yaw), pitch: degrees(pitch), roll: degrees(Math.atan2(dy, dx)) };
}
