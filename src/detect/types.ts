/** What detectors give and how they are asked. */

/** In pixels of the picture, origin at its top left. May leave the picture unless clipped. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** `[x, y]` in pixels of the picture. */
export type Point = [x: number, y: number];

/**
 * The five points, as seen in the picture from left to right: the viewer's left eye (the person's
 * right one), the other eye, the tip of the nose, the viewer's left corner of the mouth, the other.
 */
export type Landmarks = [Point, Point, Point, Point, Point];

/** A face that a detector found. */
export interface DetectedFace {
  box: Box;
  /** 0 to 1. */
  score: number;
  /** There when the detector gives them or `landmarks` asked for them. */
  landmarks?: Landmarks;
  /**
   * How well the face can be told from others, 0 to 1. There with `quality: true` and `minQuality`.
   */
  quality?: number;
  /** What lowers the quality, in words, worst first. There with `quality`. */
  reasons?: string[];
  /** What the quality was made of. There with `quality`. */
  measures?: FaceMeasures;
}

/** What was measured of a face. */
export interface FaceMeasures {
  /** Of the box, in pixels of the picture. */
  width: number;
  /** Between the centres of the eyes, in pixels of the picture. */
  eyeDistance: number;
  /** Variance of the Laplacian of the aligned crop: above 100 for a sharp face, below 50 for a blurred one. */
  sharpness: number;
  /** Mean grey level of the face, 0 to 255. */
  brightness: number;
  /** Standard deviation of the face's grey levels. */
  contrast: number;
  /** Degrees, from the landmarks: good to about 10. Positive: the nose points to the viewer's right. */
  yaw: number;
  /** Degrees; positive: the head looks down. */
  pitch: number;
  /** Degrees; positive: the head leans clockwise, as the viewer sees it. */
  roll: number;
  /** Share of the box outside of the picture, 0 to 1. */
  outside: number;
}

/** The detectors, by name. */
export const DETECTORS = [
  'rfb-320',
  'rfb-320-quant-admm-32',
  'rfb-320-quant-kl-5792',
  'slim-320',
  'slim-320-quant-admm-50',
  'mtcnn',
  'yunet',
] as const;

export type DetectorName = (typeof DETECTORS)[number];

/** Width and height of a detector's input. */
export interface InputSize {
  width: number;
  height: number;
}

/** Options that every detector understands. */
export interface DetectOptions {
  /** Which detector; default `'rfb-320'`. */
  detector?: DetectorName;
  /** Only faces with a higher score than this, 0 to 1; default: the model's own (0.7). */
  scoreThreshold?: number;
  /** Of two boxes with a larger overlap than this (IoU, 0 to 1), one goes; default 0.3 (mtcnn: 0.7 of the smaller box). */
  iouThreshold?: number;
  /**
   * `'hard'` (default) keeps the best box of each cluster, as the Python reference does;
   * `'blend'` averages the cluster weighted by exp(score), as the C++ demo of the detector's authors.
   */
  nms?: 'hard' | 'blend';
  /** At most this many faces, the best ones; default: all. */
  maxFaces?: number;
  /**
   * Only faces whose box is at least this many pixels wide and high; default 0 (mtcnn: 20). mtcnn looks
   * at no picture enlarged or shrunk to more than 64 megapixels, so that the least size may rise.
   */
  minSize?: number;
  /**
   * Size of the network's input, for the RFB and slim models: any multiple of 32, or one of their
   * authors' sizes; default 320 x 240. Larger sizes find smaller faces and take longer, and 74 bytes a
   * pixel (docs/reliability.md); more than is free gives ERR_OUT_OF_MEMORY. For yunet:
   * the size to shrink the picture into; default: the picture's own size, at most 4096.
   */
  inputSize?: InputSize;
  /** Whether boxes end at the picture's border; default false, as the reference. */
  clip?: boolean;
}

/** @internal Default of `iouThreshold`, except for mtcnn. */
export const DEFAULT_IOU_THRESHOLD = 0.3;

/** @internal All options with their values. */
export interface ResolvedDetectOptions {
  detector: DetectorName;
  scoreThreshold: number | undefined;
  iouThreshold: number | undefined;
  nms: 'hard' | 'blend';
  maxFaces: number;
  minSize: number | undefined;
  inputSize: InputSize | undefined;
  clip: boolean;
}
