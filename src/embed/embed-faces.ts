/** Faces of a picture to embeddings. */
import { cropMap, squareAround } from '../align/crop.js';
import { ALIGNED_SIZE, alignmentMap } from '../align/template.js';
import type { DetectedFace } from '../detect/types.js';
import { findModel, type Model } from '../models/manifest.js';
import { runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { type Embedding, makeEmbedding } from './embedding.js';

/** The embedders, by name. */
export const EMBEDDERS = ['mobilefacenet'] as const;

export type EmbedderName = (typeof EMBEDDERS)[number];

/** @internal Changes whenever the same weights would give other vectors than before. */
const PREPROCESSING_VERSION = 1;

/** Names the model file and how faces are brought to it. */
export function fingerprintOf(model: Model, aligned: boolean): string {
  const preprocessing = aligned ? 'aligned' : 'square';
  return `${model.name}:${model.sha256.slice(0, 16)}:${preprocessing}-${PREPROCESSING_VERSION}`;
}

/** The map from the network's input to the picture: aligned where there are landmarks. */
export function embeddingMap({ box, landmarks }: DetectedFace): readonly number[] {
  return landmarks === undefined
    ? cropMap(squareAround(box), ALIGNED_SIZE)
    : alignmentMap(landmarks);
}

/** @internal The embeddings of the faces, in their order. */
export async function embedFaces(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
  embedder: EmbedderName,
  aligned: boolean,
): Promise<Embedding[]> {
  const outputs = await runRegions(sessions, embedder, ALIGNED_SIZE, {
    picture: pixels,
    geometry: 'warp',
    regions: faces.map((face) => embeddingMap(aligned ? face : { box: face.box, score: 0 })),
  });
  const values = outputs[0] as Float32Array;
  const length = values.length / faces.length;
  const fingerprint = fingerprintOf(findModel(embedder), aligned);
  return faces.map((_, i) =>
    makeEmbedding(values.slice(i * length, (i + 1) * length), fingerprint),
  );
}
