/** Results to bytes and back. What comes back from a store is checked like any outside data. */
import * as v from 'valibot';
import type { Kept } from '../compare/compare.js';
import { multipleFacesError, noFaceError } from '../compare/select-faces.js';
import { DETECTORS } from '../detect/types.js';
import { attachFingerprint } from '../embed/embedding.js';
import { MnnFaceError } from '../errors.js';
import type { Comparison, Detection, MatrixComparison, Representation } from '../results.js';

const Finite = v.pipe(v.number(), v.finite());
const Box = v.object({ x: Finite, y: Finite, width: Finite, height: Finite });
const Point = v.tuple([Finite, Finite]);
const Landmarks = v.tuple([Point, Point, Point, Point, Point]);
const Measures = v.object({
  width: Finite,
  eyeDistance: Finite,
  sharpness: Finite,
  brightness: Finite,
  contrast: Finite,
  yaw: Finite,
  pitch: Finite,
  roll: Finite,
  outside: Finite,
});
const Face = v.object({
  box: Box,
  score: Finite,
  landmarks: v.exactOptional(Landmarks),
  quality: v.exactOptional(Finite),
  reasons: v.exactOptional(v.array(v.string())),
  measures: v.exactOptional(Measures),
});
const Detector = v.picklist(DETECTORS);

const Turned = { turned: v.exactOptional(v.picklist([0, 90, 180, 270])) };
const Warnings = { warnings: v.exactOptional(v.array(v.string())) };

const DetectionSchema = v.object({
  ...Warnings,
  ...Turned,
  width: Finite,
  height: Finite,
  detector: Detector,
  faces: v.array(Face),
});

const RepresentationSchema = v.object({
  ...Warnings,
  ...Turned,
  width: Finite,
  height: Finite,
  detector: Detector,
  model: v.string(),
  fingerprint: v.string(),
  faces: v.array(
    v.object({
      ...Face.entries,
      embedding: v.pipe(v.array(Finite), v.minLength(1)),
      fingerprint: v.string(),
    }),
  ),
});

const ComparisonBase = {
  verified: v.boolean(),
  reliable: v.boolean(),
  reasons: v.array(v.string()),
  distance: Finite,
  similarity: Finite,
  threshold: Finite,
  pairThreshold: Finite,
  metric: v.literal('cosine'),
  model: v.string(),
  detector: Detector,
  damage: v.exactOptional(v.tuple([v.array(v.string()), v.array(v.string())])),
};

const ComparisonSchema = v.union([
  v.object({
    ...ComparisonBase,
    faces: v.tuple([v.array(Face), v.array(Face)]),
    distances: v.array(v.array(Finite)),
    matches: v.array(v.array(v.boolean())),
    closest: v.tuple([v.number(), v.number()]),
  }),
  v.object({ ...ComparisonBase, faces: v.tuple([Face, Face]) }),
]);

/** How results of one kind are kept. `decode` throws on anything that `encode` did not make. */
export interface Codec<T> {
  /** Part of the key; raised with every change of the form or of what is computed. */
  readonly kind: string;
  encode(result: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

const encode = (result: unknown) => new TextEncoder().encode(JSON.stringify(result));

export const detectionCodec: Codec<Detection> = {
  kind: 'detection-3',
  encode,
  decode: (bytes) => v.parse(DetectionSchema, parse(bytes)),
};

/** A representation, or why a picture has none: that is an answer, and takes as long to find. */
export type EmbedOutcome = Representation | { refused: 'ERR_NO_FACE' | { multiple: number } };

/** @internal What is kept of an embedding that ended so. Other errors may be gone the next time. */
export async function embedOutcome(work: Promise<Representation>): Promise<EmbedOutcome> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MnnFaceError) {
      if (error.code === 'ERR_NO_FACE') return { refused: error.code };
      if (error.code === 'ERR_MULTIPLE_FACES' && error.count !== undefined) {
        return { refused: { multiple: error.count } };
      }
    }
    throw error;
  }
}

/** @internal The representation, or the error that says why there is none. */
export function representationOf(outcome: EmbedOutcome): Representation {
  if (!('refused' in outcome)) return outcome;
  const { refused } = outcome;
  throw refused === 'ERR_NO_FACE' ? noFaceError() : multipleFacesError(refused.multiple);
}

const RefusedSchema = v.object({
  refused: v.union([
    v.literal('ERR_NO_FACE'),
    v.object({ multiple: v.pipe(v.number(), v.integer(), v.minValue(2)) }),
  ]),
});

export const embedCodec: Codec<EmbedOutcome> = {
  kind: 'representation-3',
  encode,
  decode(bytes) {
    const parsed = v.parse(v.union([RepresentationSchema, RefusedSchema]), parse(bytes));
    if ('refused' in parsed) return parsed;
    return {
      ...parsed,
      faces: parsed.faces.map((face) => ({
        ...face,
        embedding: attachFingerprint(Float32Array.from(face.embedding), face.fingerprint),
      })),
    };
  },
};

export const comparisonCodec: Codec<Kept<Comparison> | Kept<MatrixComparison>> = {
  kind: 'comparison-3',
  encode,
  decode: (bytes) => v.parse(ComparisonSchema, parse(bytes)),
};
