/** The list of models: models/manifest.json, checked against a schema when it is read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { MnnFaceError, messageOf } from '../errors.js';
import { packageRoot } from '../native.js';

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
  /** Of the file, 64 hexadecimal digits. */
  sha256: string;
  bytes: number;
  /** SPDX identifier of the weights' licence. */
  license: string;
  /** Where it comes from; `url` is where the file can be fetched, if anywhere. */
  source: { project: string | null; commit: string | null; url: string | null };
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
  /** `baseline` where MNN's wider kernels give wrong results for this model. */
  kernels: 'best' | 'baseline';
  note?: string | undefined;
}

const Shape = v.array(v.pipe(v.number(), v.integer()));
const Triple = v.tuple([v.number(), v.number(), v.number()]);

const ModelSchema: v.GenericSchema<unknown, Model> = v.object({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]*$/)),
  file: v.pipe(v.string(), v.regex(/^[^/\\]+$/)),
  role: v.picklist(['detector', 'cascade', 'landmarks', 'embedder']),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  license: v.string(),
  source: v.object({
    project: v.nullable(v.string()),
    commit: v.nullable(v.string()),
    url: v.nullable(v.pipe(v.string(), v.url())),
  }),
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
  kernels: v.optional(v.picklist(['best', 'baseline']), 'best'),
  note: v.optional(v.string()),
});

const ManifestSchema = v.object({ version: v.literal(1), models: v.array(ModelSchema) });

let manifest: ReadonlyMap<string, Model> | undefined;

/** Reads and checks a manifest file. Throws ERR_MODEL_INVALID. */
export function readManifest(path: string): Model[] {
  try {
    return v.parse(ManifestSchema, JSON.parse(readFileSync(path, 'utf8'))).models;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_MODEL_INVALID',
      `The manifest ${path} is not usable: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function models(): ReadonlyMap<string, Model> {
  if (manifest === undefined) {
    const entries = readManifest(join(packageRoot, 'models', 'manifest.json'));
    manifest = new Map(entries.map((model) => [model.name, model]));
  }
  return manifest;
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
