/** Faces of a picture to embeddings. */
import { cropMap, squareAround } from '../align/crop.js';
import { alignmentMap } from '../align/template.js';
import { clipBox } from '../detect/detector.js';
import type { Box, DetectedFace } from '../detect/types.js';
import { MnnFaceError } from '../errors.js';
import { type FaceCrop, type Model, weightsOf } from '../models/manifest.js';
import { type Regions, runRegions } from '../models/run-regions.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { type Embedding, makeEmbedding } from './embedding.js';
import { projectionOf, projectOut } from './projection.js';

/**
 * The embedders that the package knows: `mobilefacenet` (the default) comes with it, `mobilefacenet-192`
 * is got by `mnn-face models pull`; `mnn-face models import` adds more.
 */
export const EMBEDDERS = ['mobilefacenet', 'mobilefacenet-192'] as const;

/** Versions of what is made of the same weights: 1 as the network gives it, 2 with its projection. */
export type EmbeddingVersion = 1 | 2;

/** @internal The version of a model's embeddings: only aligned faces are projected. */
export function embeddingVersionOf(model: Model, { crop }: FaceCrop): EmbeddingVersion {
  return crop === 'aligned' && model.projection !== undefined ? 2 : 1;
}

/** @internal The model as it was before its embeddings were projected. */
export function withoutProjection(model: Model): Model {
  return { ...model, projection: undefined };
}

const ALIGNED: FaceCrop = { crop: 'aligned', interpolation: 'linear' };

/** @internal How faces are cut out for a model; without landmarks an aligned one gets squares. */
export function faceCropOf(model: Model, landmarksAllowed: boolean): FaceCrop {
  const own = model.face ?? ALIGNED;
  return own.crop === 'aligned' && !landmarksAllowed ? { ...own, crop: 'square' } : own;
}

/** Names the model file and how faces are brought to it. */
export function fingerprintOf(model: Model, crop: FaceCrop): string {
  const preprocessing = crop.crop === 'box' ? `box-${crop.interpolation}` : crop.crop;
  return `${model.name}:${weightsOf(model).slice(0, 16)}:${preprocessing}-${embeddingVersionOf(model, crop)}`;
}

/** Whole pixels of the box inside of the picture, cut as the original system cuts: truncated. */
function boxRectangle(box: Box, { width, height }: Pixels): [number, number, number, number] {
  const inside = clipBox(box, width, height);
  const x = Math.min(Math.trunc(inside.x), width - 1);
  const y = Math.min(Math.trunc(inside.y), height - 1);
  const right = Math.min(Math.trunc(inside.x + inside.width), width);
  const bottom = Math.min(Math.trunc(inside.y + inside.height), height);
  return [x, y, Math.max(1, right - x), Math.max(1, bottom - y)];
}

function regionsOf(
  pixels: Pixels,
  faces: readonly DetectedFace[],
  { crop, interpolation }: FaceCrop,
  size: number,
): Regions {
  if (crop === 'box') {
    const regions = faces.map(({ box }) => boxRectangle(box, pixels));
    return { picture: pixels, geometry: interpolation, regions };
  }
  const regions = faces.map(({ box, landmarks }) =>
    crop === 'aligned' && landmarks !== undefined
      ? alignmentMap(landmarks, size)
      : cropMap(squareAround(box), size),
  );
  return { picture: pixels, geometry: 'warp', regions };
}

/** @internal The side of an embedder's input, which is square. */
export function inputSide(model: Model): number {
  return model.input.shape[3] ?? 0;
}

/** @internal The embeddings of the faces, in their order. */
export async function embedFaces(
  sessions: Sessions,
  pixels: Pixels,
  faces: readonly DetectedFace[],
  model: Model,
  crop: FaceCrop,
): Promise<Embedding[]> {
  const size = inputSide(model);
  const outputs = await runRegions(sessions, model, size, regionsOf(pixels, faces, crop, size));
  const values = outputs[0] as Float32Array;
  const length = values.length / faces.length;
  return faces.map((_, i) => embeddingOf(values.slice(i * length, (i + 1) * length), model, crop));
}

/** @internal The embedding of a square crop that is aligned already. */
export async function embedCrop(
  sessions: Sessions,
  crop: Pixels,
  model: Model,
): Promise<Embedding> {
  const face = faceCropOf(model, true);
  if (face.crop !== 'aligned') {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${model.name} wants faces that are not aligned; kept crops are. Enrol the pictures again, into a new gallery.`,
    );
  }
  const size = inputSide(model);
  const map = cropMap({ x: 0, y: 0, side: crop.width }, size);
  const regions: Regions = { picture: crop, geometry: 'warp', regions: [map] };
  const [values] = await runRegions(sessions, model, size, regions);
  return embeddingOf(values as Float32Array, model, face);
}

function embeddingOf(values: Float32Array, model: Model, crop: FaceCrop): Embedding {
  const projection = embeddingVersionOf(model, crop) === 2 ? projectionOf(model) : undefined;
  if (projection !== undefined) projectOut(values, projection);
  return makeEmbedding(values, fingerprintOf(model, crop));
}
