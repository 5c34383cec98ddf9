/** Gets several models by name. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '../../errors.js';
import { findModel, knownModel, listModels, listUnverified } from '../manifest.js';
import { keptModelsDirectory, modelDirectories } from '../model-files.js';
import { fileNameOf } from '../sources.js';
import { userCacheDirectory } from '../user-cache.js';
import { mirrorOf } from './mirror.js';
import { type PullSetting, pullModel } from './pull-model.js';
import { pullUnverified } from './pull-unverified.js';
import { failedResult, type PulledModel, type PullProgress } from './results.js';
import { removeIfEmpty, withLock } from './store.js';

/** Options of {@link pullModels}. */
export interface PullOptions {
  /** A folder (or http(s) address) in place of all sources; default: `MNN_FACE_MIRROR`. */
  from?: string | undefined;
  /** The folder to keep models in; default: `models` in the user's cache. */
  models?: string | undefined;
  /** Takes weights whose SHA-256 is not known to this package. */
  acceptUnverified?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
}

/** What `createFaces()` needs without options. */
export const DEFAULT_MODELS = ['rfb-320', 'mtcnn-onet', 'mobilefacenet'] as const;

/** Names that stand for several models. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  mtcnn: ['mtcnn-pnet', 'mtcnn-rnet', 'mtcnn-onet'],
};

/**
 * @internal The models of these names, each once, in their order.
 * @throws MnnFaceError `ERR_MODEL_MISSING` with the names that exist
 */
export function modelNames(names: readonly string[]): string[] {
  const all = names.flatMap((name) => GROUPS[name] ?? [name]);
  for (const name of all) {
    if (!listUnverified().some((unverified) => unverified.name === name)) findModel(name);
  }
  return [...new Set(all)];
}

function settingOf(options: PullOptions, environment: NodeJS.ProcessEnv): PullSetting {
  const common = {
    mirror: mirrorOf(options.from, environment),
    environment,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => undefined),
  };
  const places = modelDirectories(undefined, environment);
  if (options.models !== undefined) {
    // The chosen folder is to hold the file, wherever else it is.
    const directory = resolve(options.models);
    const copies = common.mirror === undefined ? places : [];
    const downloads = join(directory, '.downloads');
    return { ...common, directory, downloads, before: [], after: [], copies };
  }
  const directory = keptModelsDirectory(environment);
  const at = places.indexOf(directory);
  // A mirror that was asked for is not passed over for the ../shared of a checkout.
  const after = common.mirror === undefined ? places.slice(at + 1) : [];
  const downloads = join(userCacheDirectory(environment), 'downloads');
  return { ...common, directory, downloads, before: places.slice(0, at), after, copies: [] };
}

/** The names in the folder of downloads of what a model is converted from. */
function inputsOf(name: string): string[] {
  return (knownModel(name)?.sources ?? []).flatMap((source) => {
    if (source.kind === 'file') return [];
    return source.kind === 'onnx' ? [fileNameOf(source.url)] : [source.archive.file];
  });
}

/** Removes what was fetched only to be converted, unless a model that failed may need it. */
async function removeInputs(results: readonly PulledModel[], downloads: string): Promise<void> {
  const inputs = (failed: boolean) =>
    results.filter((r) => (r.status === 'failed') === failed).flatMap(({ name }) => inputsOf(name));
  const needed = new Set(inputs(true));
  for (const name of new Set(inputs(false))) {
    const file = join(downloads, name);
    if (needed.has(name) || !existsSync(file)) continue;
    await withLock(downloads, name, {}, () => rm(file, { force: true }));
  }
  await removeIfEmpty(downloads);
}

async function pullOne(
  name: string,
  setting: PullSetting,
  options: PullOptions,
): Promise<PulledModel> {
  const unverified = listUnverified().find((candidate) => candidate.name === name);
  try {
    return unverified === undefined
      ? await pullModel(findModel(name), setting)
      : await pullUnverified(unverified, options.acceptUnverified === true, setting);
  } catch (error) {
    if (codeOf(error) === 'ERR_ABORTED') throw error;
    return failedResult(unverified ?? findModel(name), error);
  }
}

/**
 * Gets models that are not on this machine yet: fetched from the first source that gives the right
 * bytes, converted where needed, kept in the user's cache. A model that could not be had is reported
 * in its result, and the others are pulled all the same.
 *
 * @param names - Names of models; `mtcnn` stands for its three networks, `'all'` for all models whose
 * SHA-256 is known.
 * @returns One result per model, in order.
 * @throws MnnFaceError `ERR_MODEL_MISSING` (an unknown name, a mirror that is none), `ERR_ABORTED`
 */
export async function pullModels(
  names: readonly string[] | 'all',
  options: PullOptions = {},
): Promise<{ directory: string; models: PulledModel[] }> {
  const wanted = names === 'all' ? listModels().map(({ name }) => name) : modelNames(names);
  const setting = settingOf(options, process.env);
  const models: PulledModel[] = [];
  for (const name of wanted) models.push(await pullOne(name, setting, options));
  await removeInputs(models, setting.downloads);
  return { directory: setting.directory, models };
}
