/** Finds a model's file, checks it, and fetches it where it is nowhere on this machine. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import { packageRoot } from '../native.js';
import type { Model } from './manifest.js';
import { userCacheDirectory } from './user-cache.js';

const FETCH_TIMEOUT_MS = 120_000;

/** Where model files are looked for, in order. */
export function modelDirectories(
  own?: string,
  environment: NodeJS.ProcessEnv = process.env,
): string[] {
  const directories: string[] = [];
  const first = own ?? environment.MNN_FACE_MODELS;
  if (first) directories.push(first);
  directories.push(join(packageRoot, 'models'), join(userCacheDirectory(environment), 'models'));
  // An installed package has no src/: a stranger's folder beside node_modules is not trusted.
  if (existsSync(join(packageRoot, 'src'))) {
    directories.push(join(packageRoot, '..', 'shared', 'models'));
  }
  return directories;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function check(model: Model, bytes: Uint8Array, where: string): Uint8Array {
  const actual = sha256(bytes);
  if (actual !== model.sha256) {
    throw new MnnFaceError(
      'ERR_MODEL_CHECKSUM',
      `${where} is not the model "${model.name}": its SHA-256 is ${actual} (${bytes.byteLength} bytes), ` +
        `expected ${model.sha256} (${model.bytes} bytes). Remove or replace the file.`,
    );
  }
  return bytes;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new MnnFaceError('ERR_MODEL_MISSING', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function download(model: Model, url: string, directory: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const bytes = check(model, new Uint8Array(await response.arrayBuffer()), url);
  await mkdir(directory, { recursive: true });
  // Renamed when whole, so that no other process ever sees half a file.
  const partial = join(directory, `.${model.file}.${randomUUID()}`);
  try {
    await writeFile(partial, bytes);
    await rename(partial, join(directory, model.file));
  } finally {
    await rm(partial, { force: true });
  }
  return bytes;
}

/**
 * The bytes of a model, from the first place that has its file, checked against its SHA-256.
 *
 * @param own - The folder of the `models` option, looked into first.
 * @throws MnnFaceError `ERR_MODEL_MISSING`, `ERR_MODEL_CHECKSUM`
 */
export async function readModel(
  model: Model,
  own?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Uint8Array> {
  const directories = modelDirectories(own, environment);
  for (const directory of directories) {
    const path = join(directory, model.file);
    const bytes = await readIfThere(path);
    if (bytes !== undefined) return check(model, bytes, path);
  }
  let fetching = 'it has no address to fetch it from';
  let cause: unknown;
  if (model.source.url !== null) {
    try {
      const cache = join(userCacheDirectory(environment), 'models');
      return await download(model, model.source.url, cache);
    } catch (error) {
      if (codeOf(error) === 'ERR_MODEL_CHECKSUM') throw error;
      cause = error;
      fetching = `fetching ${model.source.url} failed (${messageOf(error)})`;
    }
  }
  throw new MnnFaceError(
    'ERR_MODEL_MISSING',
    `The model "${model.name}" was not found: no ${model.file} in ${directories.join(', ')}, and ${fetching}. ` +
      `Put the file (SHA-256 ${model.sha256}) into one of these folders, or name its folder with MNN_FACE_MODELS or --models.`,
    { cause },
  );
}
