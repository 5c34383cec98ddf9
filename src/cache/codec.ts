/** Results to bytes and back. What comes back from a store is checked like any outside data. */
import * as v from 'valibot';
import { DETECTORS } from '../detect/types.js';
import { attachFingerprint } from '../embed/embedding.js';
import type { Comparison, Detection, MatrixComparison, Representation } from '../results.js';

const Finite = v.pipe(v.number(), v.finite());
const Box = v.object({ x: Finite, y: Finite, width: Finite, height: Finite });
const Point = v.tuple([Finite, Finite]);
const Landmarks = v.tuple([Point, Point, Point, Point, Point]);
const Face = v.object({ box: Box, score: Finite, landmarks: v.exactOptional(Landmarks) });
const Detector = v.picklist(DETECTORS);

const DetectionSchema = v.object({
  width: Finite,
  height: Finite,
  detector: Detector,
  faces: v.array(Face),
});

const RepresentationSchema = v.object({
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
  distance: Finite,
  similarity: Finite,
  threshold: Finite,
  metric: v.literal('cosine'),
  model: v.string(),
  detector: Detector,
};

const ComparisonSchema = v.union([
  v.object({
    ...ComparisonBase,
    faces: v.tuple([v.array(Face), v.array(Face)]),
    distances: v.array(v.array(Finite)),
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
  kind: 'detection-1',
  encode,
  decode: (bytes) => v.parse(DetectionSchema, parse(bytes)),
};

export const representationCodec: Codec<Representation> = {
  kind: 'representation-1',
  encode,
  decode(bytes) {
    const parsed = v.parse(RepresentationSchema, parse(bytes));
    return {
      ...parsed,
      faces: parsed.faces.map((face) => ({
        ...face,
        embedding: attachFingerprint(Float32Array.from(face.embedding), face.fingerprint),
      })),
    };
  },
};

export const comparisonCodec: Codec<Comparison | MatrixComparison> = {
  kind: 'comparison-1',
  encode,
  decode: (bytes) => v.parse(ComparisonSchema, parse(bytes)),
};
