/** Where model files are looked for, and whether what is found there is the model. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import { packageRoot } from '../native.js';
import { acceptsFile, type Model } from './manifest.js';
import { userCacheDirectory, userCacheDirectoryIfAny } from './user-cache.js';

/** Whether this is a checkout: an installed package has no src/. */
function isCheckout(): boolean {
  return existsSync(join(packageRoot, 'src'));
}

/** How the command line is called from here, for messages. */
export function commandLine(): string {
  return isCheckout() ? 'npm run -s mnn-face --' : 'mnn-face';
}

/** Where models are kept that were fetched or imported. */
export function keptModelsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(userCacheDirectory(environment), 'models');
}

/** Whether this user may look into a folder, or could if it were there. */
function mayBeSearched(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return true;
  } catch (error) {
    return codeOf(error) !== 'EACCES';
  }
}

/** Where model files are looked for, in order. */
export function modelDirectories(
  own?: string,
  environment: NodeJS.ProcessEnv = process.env,
): string[] {
  const directories: string[] = [];
  const first = own ?? environment.MNN_FACE_MODELS;
  if (first) directories.push(first);
  directories.push(join(packageRoot, 'models'));
  const cache = userCacheDirectoryIfAny(environment);
  // One that belongs to another user is no place of ours.
  if (cache !== undefined && mayBeSearched(cache)) directories.push(join(cache, 'models'));
  // A stranger's folder beside node_modules is not trusted.
  if (isCheckout()) {
    const shared = environment.MNN_FACE_SHARED ?? join(packageRoot, '..', 'shared');
    directories.push(join(shared, 'models'));
  }
  return directories;
}

/** A file of a model's name that was found. */
export interface FoundFile {
  path: string;
  bytes: Uint8Array;
  sha256: string;
  /** Whether it holds the model's weights. */
  accepted: boolean;
}

/** @internal The file of that model in one folder, if it is there. Throws ERR_MODEL_MISSING. */
export async function fileIn(directory: string, model: Model): Promise<FoundFile | undefined> {
  const path = join(directory, model.file);
  try {
    const bytes = await readFile(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, bytes, sha256, accepted: acceptsFile(model, sha256) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new MnnFaceError('ERR_MODEL_MISSING', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @internal A file that is there and is not the model. */
export function wrongFile(model: Model, { path, sha256, bytes }: FoundFile): MnnFaceError {
  return new MnnFaceError(
    'ERR_MODEL_CHECKSUM',
    `${path} is not the model "${model.name}": its SHA-256 is ${sha256} (${bytes.byteLength} bytes), ` +
      `expected ${model.sha256} (${model.bytes} bytes). Remove or replace the file.`,
  );
}

/** @internal The file that is used: the first that is there, right or wrong. */
export async function findFile(
  model: Model,
  directories: readonly string[],
): Promise<FoundFile | undefined> {
  for (const directory of directories) {
    const found = await fileIn(directory, model);
    if (found !== undefined) return found;
  }
  return undefined;
}
