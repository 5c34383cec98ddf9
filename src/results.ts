/** What the methods give: plain data. */
import type { DetectedFace, DetectorName, Landmarks } from './detect/types.js';
import type { Embedding } from './embed/embedding.js';
import type { RawPicture } from './image/picture.js';

/** The result of `detect()`. */
export interface Detection {
  /** Of the picture, after its EXIF orientation was applied. */
  width: number;
  height: number;
  detector: DetectorName;
  /** Degrees clockwise that bring the picture upright; there with `upright: 'auto'`. */
  turned?: 0 | 90 | 180 | 270;
  /** Best score first; empty when there is none. */
  faces: DetectedFace[];
  /** With `decodeErrors: 'warn'`: what is wrong with the picture's file; empty when nothing is. */
  warnings?: string[];
}

/** A face with its embedding. */
export interface EmbeddedFace extends DetectedFace {
  /** There unless the options said `landmarks: false`. */
  landmarks?: Landmarks;
  embedding: Embedding;
  /** Names the model and preprocessing of the embedding; survives structuredClone and JSON. */
  fingerprint: string;
}

/** The result of `embed()`. */
export interface Representation {
  width: number;
  height: number;
  detector: DetectorName;
  /** The embedding model. */
  model: string;
  fingerprint: string;
  /** Degrees clockwise that bring the picture upright; there with `upright: 'auto'`. */
  turned?: 0 | 90 | 180 | 270;
  /** At least one. */
  faces: EmbeddedFace[];
  /** With `decodeErrors: 'warn'`: what is wrong with the picture's file; empty when nothing is. */
  warnings?: string[];
}

/** A face and its 112x112 RGB crop, rotated and scaled so that the landmarks lie on the template. */
export interface AlignedFace extends DetectedFace {
  landmarks: Landmarks;
  crop: RawPicture;
  /** With `decodeErrors: 'warn'`: what is wrong with the picture's file; empty when nothing is. */
  warnings?: string[];
}

/** A face and the RGB pixels in its box. */
export interface CroppedFace extends DetectedFace {
  crop: RawPicture;
  /** With `decodeErrors: 'warn'`: what is wrong with the picture's file; empty when nothing is. */
  warnings?: string[];
}

/** What every comparison carries. */
export interface ComparisonBase {
  /** Whether both faces can be told from others and their distance is at most `pairThreshold`. */
  verified: boolean;
  /** Whether both faces are good enough to tell (`minQuality`). If not, `verified` is false. */
  reliable: boolean;
  /** Why it is not reliable, in words; empty if it is. */
  reasons: string[];
  /** Cosine distance, 0 (the same) to 2; 1 - similarity. */
  distance: number;
  /** Cosine similarity, -1 to 1. */
  similarity: number;
  /** Of two faces of full quality, 0 to 2. */
  threshold: number;
  /** The threshold applied: poorer faces must be nearer. */
  pairThreshold: number;
  metric: 'cosine';
  /** The embedding model. */
  model: string;
  detector: DetectorName;
  /** With `decodeErrors: 'warn'`: what is wrong with the pictures' files, and with which. */
  warnings?: string[];
}

/** The result of `verify()` for one face per picture. */
export interface Comparison extends ComparisonBase {
  /** The face compared of the first and of the second picture. */
  faces: [DetectedFace, DetectedFace];
}

/** The result of `verify()` with `faces: 'all'`: the closest pair, and all pairs. */
export interface MatrixComparison extends ComparisonBase {
  /** All faces of the first and of the second picture. */
  faces: [DetectedFace[], DetectedFace[]];
  /** `distances[i][j]`: face i of the first picture to face j of the second. */
  distances: number[][];
  /** `matches[i][j]`: whether that pair, by its own threshold, counts as one person. */
  matches: boolean[][];
  /** Indexes of the closest pair that matches, else of the closest: the result is about it. */
  closest: [number, number];
}
