/** The list of models: models/manifest.json, checked against a schema when it is read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { MnnFaceError, messageOf } from '../errors.js';
import { packageRoot } from '../native.js';
import { Bytes, FileName, Sha256, type Source, SourceSchema } from './sources.js';

/** How an embedder wants its faces. */
export interface FaceCrop {
  crop: 'aligned' | 'box' | 'square';
  /** Of boxes: OpenCV's INTER_LINEAR or INTER_CUBIC, or averaging. */
  interpolation: 'linear' | 'cubic' | 'area';
}

/** One entry of the manifest: a model file, and how it is fed and read. */
export interface Model {
  /** The name by which options call it. */
  name: string;
  file: string;
  role: 'detector' | 'cascade' | 'landmarks' | 'embedder';
  /**
   * Of the file, 64 hexadecimal digits. It is the identity of the *weights* too: galleries and
   * caches record it, whichever of the accepted files is here.
   */
  sha256: string;
  bytes: number;
  /** Other files of the same weights, e.g. by another build of the converter. */
  accepts: { sha256: string; bytes: number; note?: string | undefined }[];
  /** Imported models: what galleries and caches record instead of `sha256`, where known. */
  weights?: string | undefined;
  /** SPDX identifier of the weights' licence. */
  license: string;
  /** The address of the project that published the weights. */
  project: string | null;
  /** What the weights were trained on, as far as known. */
  trainedOn?: string | undefined;
  /** Where the weights can be had from, in the order they are tried. */
  sources: Source[];
  /** value = (pixel - mean) * scale, channels in `order`; `shape` is NCHW, -1 for any size. */
  input: {
    name: string;
    shape: number[];
    order: 'rgb' | 'bgr';
    mean: [number, number, number];
    scale: [number, number, number];
  };
  outputs: { name: string; shape: number[] }[];
  /**
   * Embedders: how a face is cut out: `aligned` on five landmarks, the `box` as it is, or the
   * `square` around it; and how boxes are resized. Default: aligned.
   */
  face?: FaceCrop | undefined;
  /** Detectors: the least score of a face. Embedders: the largest distance of one person. */
  threshold: number;
  /** Embedders: thresholds by false accept rate, measured by bench/calibrate.mjs. */
  operatingPoints?: { far: number; tar: number; threshold: number }[] | undefined;
  /**
   * Embedders: directions that are taken out of every vector, because poor faces of anybody move along
   * them (see src/embed/projection.ts): orthonormal rows, little-endian float32 in base64.
   */
  projection?: { version: 2; data: string } | undefined;
  /** `baseline` where MNN's wider kernels give wrong results for this model. */
  kernels: 'best' | 'baseline';
  note?: string | undefined;
}

const ModelName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]*$/));
const Shape = v.array(v.pipe(v.number(), v.integer()));
const Triple = v.tuple([v.number(), v.number(), v.number()]);

const ModelSchema: v.GenericSchema<unknown, Model> = v.object({
  name: ModelName,
  file: FileName,
  role: v.picklist(['detector', 'cascade', 'landmarks', 'embedder']),
  sha256: Sha256,
  bytes: Bytes,
  accepts: v.optional(
    v.array(v.object({ sha256: Sha256, bytes: Bytes, note: v.optional(v.string()) })),
    [],
  ),
  weights: v.optional(Sha256),
  license: v.string(),
  project: v.optional(v.nullable(v.string()), null),
  trainedOn: v.optional(v.string()),
  sources: v.optional(v.array(SourceSchema), []),
  input: v.object({
    name: v.string(),
    shape: Shape,
    order: v.picklist(['rgb', 'bgr']),
    mean: Triple,
    scale: Triple,
  }),
  outputs: v.pipe(v.array(v.object({ name: v.string(), shape: Shape })), v.minLength(1)),
  face: v.optional(
    v.object({
      crop: v.picklist(['aligned', 'box', 'square']),
      interpolation: v.picklist(['linear', 'cubic', 'area']),
    }),
  ),
  threshold: v.number(),
  operatingPoints: v.optional(
    v.array(v.object({ far: v.number(), tar: v.number(), threshold: v.number() })),
  ),
  projection: v.optional(v.object({ version: v.literal(2), data: v.pipe(v.string(), v.base64()) })),
  kernels: v.optional(v.picklist(['best', 'baseline']), 'best'),
  note: v.optional(v.string()),
});

/**
 * Weights whose SHA-256 nobody has told us: fetched only with the user's word, converted as an
 * imported model.
 */
export interface UnverifiedModel {
  name: string;
  /** What is fetched, and its name in a mirror. */
  file: string;
  url: string;
  preset: 'vggface-senet50';
  license: string;
  project: string;
  trainedOn: string;
  note: string;
}

const UnverifiedSchema: v.GenericSchema<unknown, UnverifiedModel> = v.object({
  name: ModelName,
  file: FileName,
  url: v.pipe(v.string(), v.url()),
  preset: v.picklist(['vggface-senet50']),
  license: v.string(),
  project: v.string(),
  trainedOn: v.string(),
  note: v.string(),
});

interface Manifest {
  models: Model[];
  unverified: UnverifiedModel[];
}

const ManifestSchema: v.GenericSchema<unknown, Manifest> = v.object({
  version: v.literal(2),
  models: v.array(ModelSchema),
  unverified: v.optional(v.array(UnverifiedSchema), []),
});

let manifest: { models: ReadonlyMap<string, Model>; unverified: UnverifiedModel[] } | undefined;

/** Reads and checks a manifest file. Throws ERR_MODEL_INVALID. */
export function readManifest(path: string): Manifest {
  try {
    return v.parse(ManifestSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new MnnFaceError(
      'ERR_MODEL_INVALID',
      `The manifest ${path} is not usable: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function packaged(): NonNullable<typeof manifest> {
  if (manifest === undefined) {
    const { models, unverified } = readManifest(join(packageRoot, 'models', 'manifest.json'));
    manifest = { models: new Map(models.map((model) => [model.name, model])), unverified };
  }
  return manifest;
}

function models(): ReadonlyMap<string, Model> {
  return packaged().models;
}

/** The manifest's entry of that name. Throws ERR_MODEL_MISSING with the names that exist. */
export function findModel(name: string): Model {
  const model = models().get(name);
  if (model === undefined) {
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      `There is no model named "${name}". Known: ${[...models().keys()].join(', ')}.`,
    );
  }
  return model;
}

/** @internal Checks one entry, e.g. of an imported model. Throws a valibot error. */
export function parseModel(value: unknown): Model {
  return v.parse(ModelSchema, value);
}

/** @internal The manifest's entry of that name, if there is one. */
export function knownModel(name: string): Model | undefined {
  return models().get(name);
}

/** All entries, in the manifest's order. */
export function listModels(): readonly Model[] {
  return [...models().values()];
}

/** @internal Models that are fetched with the user's word only. */
export function listUnverified(): readonly UnverifiedModel[] {
  return packaged().unverified;
}

/** @internal What galleries and caches record of a model: the identity of its weights. */
export function weightsOf(model: Model): string {
  return model.weights ?? model.sha256;
}

/** @internal Whether a file of that SHA-256 holds the model's weights. */
export function acceptsFile(model: Model, sha256: string): boolean {
  return sha256 === model.sha256 || model.accepts.some((other) => other.sha256 === sha256);
}
