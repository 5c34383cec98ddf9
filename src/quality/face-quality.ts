/** How well a face can be told from others: measures, one number, and the reasons that lower it. */
import type { DetectedFace, FaceMeasures, Landmarks } from '../detect/types.js';
import type { CropMeasures } from './crop-measures.js';
import { type Pose, poseOf } from './pose.js';

/** A face's quality. */
export interface FaceQuality {
  /**
   * 0 (cannot be told from others) to 1. Size and sharpness count most: false matches of strangers
   * come from small and blurred faces.
   */
  quality: number;
  /** What lowers it, in words; empty at 1. */
  reasons: string[];
  measures: FaceMeasures;
}

/** Width in pixels at which nothing can be told, and from which on all can. */
const NO_WIDTH = 16;
const FULL_WIDTH = 64;
const NO_POSE: Pose = { yaw: 0, pitch: 0, roll: 0 };
/** A frontal face's box is 2.2 times as wide as its eyes are apart. */
const WIDTH_OF_EYES = 2.2;
/** Sharpness from which on a face is sharp, and the least factor that blur alone gives. */
const FULL_SHARPNESS = 60;
const LEAST_BLURRED = 0.4;

interface Factor {
  value: number;
  reason: string;
}

/** 0 at `none`, 1 at `full`, linear between them. */
function ramp(value: number, none: number, full: number): number {
  return Math.max(0, Math.min(1, (value - none) / (full - none)));
}

function factorsOf(m: FaceMeasures, score: number): Factor[] {
  // A box may be too wide (hair, a second face): the eyes are the witness. They shrink as a head turns.
  const seen = Math.min(m.width, 1.5 * WIDTH_OF_EYES * m.eyeDistance);
  const size = ramp(seen, NO_WIDTH, FULL_WIDTH);
  const sharp = Math.max(LEAST_BLURRED, Math.min(1, m.sharpness / FULL_SHARPNESS));
  const turned = Math.max(Math.abs(m.yaw), Math.abs(m.pitch));
  return [
    {
      value: size,
      reason: `the face is ${Math.round(seen)} pixels wide (${FULL_WIDTH} or more are good)`,
    },
    {
      value: sharp,
      reason: `it is blurred (sharpness ${Math.round(m.sharpness)}, good from ${FULL_SHARPNESS})`,
    },
    {
      value: 1 - 0.5 * ramp(turned, 35, 75),
      reason: `the head is turned away (yaw ${Math.round(m.yaw)}°, pitch ${Math.round(m.pitch)}°)`,
    },
    {
      value: 0.3 + 0.7 * ramp(m.brightness, 15, 45),
      reason: `it is dark (brightness ${Math.round(m.brightness)} of 255)`,
    },
    {
      value: 0.3 + 0.7 * ramp(-m.brightness, -245, -215),
      reason: `it is too bright (brightness ${Math.round(m.brightness)} of 255)`,
    },
    {
      value: 0.1 + 0.9 * ramp(m.contrast, 4, 16),
      reason: `it has little contrast (${Math.round(m.contrast)} grey levels)`,
    },
    {
      value: ramp(-m.outside, -0.6, -0.15),
      reason: `${Math.round(m.outside * 100)} % of it lie outside of the picture`,
    },
    {
      value: 0.5 + 0.5 * ramp(score, 0.4, 0.8),
      reason: `the detector is not sure that it is a face (score ${score.toFixed(2)})`,
    },
  ];
}

function eyesOf([right, left]: Landmarks): number {
  return Math.hypot(left[0] - right[0], left[1] - right[1]);
}

/** Share of a box that lies outside of a picture. */
function outsideShare({ box }: DetectedFace, width: number, height: number): number {
  const inside =
    Math.max(0, Math.min(box.x + box.width, width) - Math.max(box.x, 0)) *
    Math.max(0, Math.min(box.y + box.height, height) - Math.max(box.y, 0));
  const area = box.width * box.height;
  return area > 0 ? Math.max(0, 1 - inside / area) : 1;
}

/**
 * The quality of a face, from its box, its landmarks (where it has some) and its aligned crop. Size and
 * sharpness multiply, since enlarging a small face blurs it too; of the others the worst counts.
 *
 * @param picture - Width and height of what the face's coordinates are of.
 * @param scale - Pixels of the picture at full size to one of these.
 */
export function qualityOf(
  face: DetectedFace,
  crop: CropMeasures,
  picture: { width: number; height: number },
  scale = 1,
): FaceQuality {
  const { box, landmarks } = face;
  const measures: FaceMeasures = {
    width: box.width * scale,
    eyeDistance: scale * (landmarks === undefined ? box.width / WIDTH_OF_EYES : eyesOf(landmarks)),
    ...crop,
    ...(landmarks === undefined ? NO_POSE : poseOf(landmarks)),
    outside: outsideShare(face, picture.width, picture.height),
  };
  const [size, sharp, ...others] = factorsOf(measures, face.score) as [Factor, Factor, ...Factor[]];
  const factors = [size, sharp, ...others];
  const quality = Math.min(size.value * sharp.value, ...others.map(({ value }) => value));
  const reasons = factors
    .filter(({ value }) => value < 1)
    .sort((a, b) => a.value - b.value)
    .map(({ reason }) => reason);
  return { quality, reasons, measures };
}
