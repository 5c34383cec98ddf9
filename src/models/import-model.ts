/** Takes in an embedding model of the user's own: converts, runs it once, writes it and its entry. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { MnnFaceError, type MnnFaceErrorCode, messageOf } from '../errors.js';
import { packageRoot } from '../native.js';
import { knownModel, type Model, parseModel } from './manifest.js';
import type { Preset } from './presets.js';
import { userCacheDirectory } from './user-cache.js';

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

/** The last line that a converter printed on stderr, or how it ended. */
function reasonOf(error: unknown): string {
  const stderr =
    typeof error === 'object' && error !== null && 'stderr' in error ? error.stderr : '';
  const lines = String(stderr).trim().split('\n');
  return lines.at(-1) || messageOf(error);
}

async function convert(options: ImportOptions, folder: string): Promise<string> {
  const kind = extname(options.file).toLowerCase();
  if (kind === '.mnn') return options.file;
  const script = kind === '.onnx' ? 'onnx_model.py' : 'vggface_senet50.py';
  if (kind !== '.onnx' && kind !== '.h5' && kind !== '.hdf5' && kind !== '.keras') {
    throw new MnnFaceError(
      'ERR_MODEL_UNSUPPORTED',
      `${basename(options.file)} is no model that can be imported: give a .mnn, .onnx, or the .h5 of VGGFace SENet50.`,
    );
  }
  const args = [join(packageRoot, 'tools', 'convert', script), options.file, '--out', folder];
  args.push('--name', options.name);
  if (options.fp16) args.push('--fp16');
  if (kind !== '.onnx' && options.batchNormEpsilon !== undefined) {
    args.push('--bn-epsilon', String(options.batchNormEpsilon));
  }
  try {
    await run('python3', args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new MnnFaceError(
      'ERR_MODEL_INVALID',
      `${options.file} could not be converted: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  return join(folder, `${options.name}.mnn`);
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
    const converted = await convert(options, folder);
    const { input, output, dimension, milliseconds } = await probe(converted, preset.size);
    const bytes = await readFile(converted);
    const directory = options.directory ?? join(userCacheDirectory(), 'models');
    const model = parseModel({
      name,
      file: `${name}.mnn`,
      role: 'embedder',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      license: options.license ?? 'unknown',
      source: { project: null, commit: null, url: null },
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
