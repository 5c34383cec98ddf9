/** Takes in an embedding model of the user's own: converts, runs it once, writes it and its entry. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { MnnFaceError, type MnnFaceErrorCode } from '../errors.js';
import { packageRoot } from '../native.js';
import { convertImported } from './convert-model.js';
import { hashFile } from './hash-file.js';
import { knownModel, type Model, parseModel } from './manifest.js';
import { keptModelsDirectory } from './model-files.js';
import type { Preset } from './presets.js';
import { entryIn } from './user-models.js';

const run = promisify(execFile);

/** What to import, and how its faces are prepared. */
export interface ImportOptions {
  /** A Keras `.h5` of VGGFace SENet50, an `.onnx` or an `.mnn`. */
  file: string;
  name: string;
  preset: Preset;
  /** Half-float weights: half the size. Not for `.mnn`. */
  fp16?: boolean;
  /**
   * Of the `.h5` only: the epsilon of its batch norms; default: the file's own, else 1e-4 for
   * keras-vggface's release and 1e-3 for files of a newer Keras.
   */
  batchNormEpsilon?: number;
  /** The folder to write to; default: `models` in the user's cache. */
  directory?: string;
  /** SPDX identifier of the weights' licence, if known. */
  license?: string;
  /** The address of the project that published them, and what they were trained on, if known. */
  project?: string;
  trainedOn?: string;
  /** For the converter; its lines of progress go to `onLine`. */
  environment?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
  /** Of an `.mnn`: the identity of its weights, where another machine recorded it. */
  weights?: string;
}

const ProbeSchema = v.variant('ok', [
  v.object({
    ok: v.literal(true),
    input: v.string(),
    output: v.string(),
    dimension: v.pipe(v.number(), v.integer(), v.minValue(1)),
    milliseconds: v.number(),
  }),
  v.object({ ok: v.literal(false), code: v.string(), message: v.string() }),
]);

/**
 * What galleries and caches record of a model that was converted: the file it was made of, so that
 * another build of the converter, which gives other bytes, changes nothing.
 */
async function weightsOfSource(options: ImportOptions): Promise<string | undefined> {
  const { file, fp16, batchNormEpsilon } = options;
  if (extname(file).toLowerCase() === '.mnn') return options.weights;
  const source = await hashFile(file);
  if (!fp16 && batchNormEpsilon === undefined) return source;
  const variant = `${source} fp16=${fp16 === true} epsilon=${batchNormEpsilon ?? 'own'}`;
  return createHash('sha256').update(variant).digest('hex');
}

/** An entry that was made before identities were recorded keeps its own, and so its galleries. */
function keepsIdentity(directory: string, name: string, sha256: string): boolean {
  try {
    const before = entryIn(directory, name);
    return before?.sha256 === sha256 && before.weights === undefined;
  } catch {
    return false; // damaged; it is written anew
  }
}

async function probe(file: string, size: number) {
  const script = join(packageRoot, 'dist', 'models', 'probe-model.js');
  let output: string;
  try {
    ({ stdout: output } = await run(process.execPath, [script, file, String(size)], {
      timeout: 120_000,
    }));
  } catch (error) {
    throw new MnnFaceError(
      'ERR_MODEL_INVALID',
      `${file} crashed MNN when it was tried in a process of its own. It is damaged or hostile.`,
      { cause: error },
    );
  }
  const result = v.parse(ProbeSchema, JSON.parse(output));
  if (result.ok) return result;
  throw new MnnFaceError(result.code as MnnFaceErrorCode, `${file}: ${result.message}`);
}

async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  const partial = `${path}.${randomUUID()}`;
  try {
    await writeFile(partial, data);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Imports an embedding model: `createFaces({ embedder: name })` finds it from then on.
 *
 * @returns Its entry, and the time of one run in this process' first try.
 * @throws MnnFaceError `ERR_MODEL_INVALID`, `ERR_MODEL_UNSUPPORTED`, `ERR_MODEL_MISSING`
 */
export async function importModel(
  options: ImportOptions,
): Promise<{ model: Model; dimension: number; milliseconds: number; directory: string }> {
  const { name, preset } = options;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new MnnFaceError(
      'ERR_MODEL_UNSUPPORTED',
      `"${name}" is no name for a model: use lower-case letters, digits, dots and dashes.`,
    );
  }
  if (knownModel(name) !== undefined) {
    throw new MnnFaceError(
      'ERR_MODEL_UNSUPPORTED',
      `"${name}" is a model of the package. Choose another name.`,
    );
  }
  await stat(options.file).catch((error: unknown) => {
    throw new MnnFaceError('ERR_MODEL_MISSING', `There is no file ${options.file}.`, {
      cause: error,
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'mnn-face-import-'));
  try {
    const { environment = process.env, signal, onLine } = options;
    const converted = await convertImported(options, folder, { environment, signal, onLine });
    const { input, output, dimension, milliseconds } = await probe(converted, preset.size);
    const bytes = await readFile(converted);
    const directory = options.directory ?? keptModelsDirectory();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const weights = keepsIdentity(directory, name, sha256)
      ? undefined
      : await weightsOfSource(options);
    const model = parseModel({
      name,
      file: `${name}.mnn`,
      role: 'embedder',
      sha256,
      bytes: bytes.length,
      ...(weights === undefined ? {} : { weights }),
      license: options.license ?? 'unknown',
      project: options.project ?? null,
      ...(options.trainedOn === undefined ? {} : { trainedOn: options.trainedOn }),
      input: {
        name: input,
        shape: [1, 3, preset.size, preset.size],
        order: preset.order,
        mean: preset.mean,
        scale: preset.scale,
      },
      outputs: [{ name: output, shape: [1, dimension] }],
      face: preset.face,
      threshold: preset.threshold,
      note: `Imported from ${basename(options.file)}. Preprocessing: ${preset.source}.`,
    });
    await mkdir(directory, { recursive: true });
    // The file first: an entry without its file would be found.
    await writeWhole(join(directory, model.file), bytes);
    await writeWhole(join(directory, `${name}.json`), `${JSON.stringify(model, null, 2)}\n`);
    return { model, dimension, milliseconds, directory };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
