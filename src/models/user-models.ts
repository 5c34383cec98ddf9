/** Models that the user imported: NAME.json, an entry like the manifest's, beside its model file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import {
  findModel,
  knownModel,
  listModels,
  listUnverified,
  type Model,
  parseModel,
} from './manifest.js';
import { commandLine, modelDirectories } from './model-files.js';

/** @internal The entry of an imported model in one folder, if it is there. Throws ERR_MODEL_INVALID. */
export function entryIn(directory: string, name: string): Model | undefined {
  return readEntry(join(directory, `${name}.json`));
}

function readEntry(path: string): Model | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    return parseModel(JSON.parse(text));
  } catch (error) {
    throw new MnnFaceError(
      'ERR_MODEL_INVALID',
      `The model entry ${path} is not usable: ${messageOf(error)}. Import the model again.`,
      { cause: error },
    );
  }
}

/**
 * An embedding model by name: one of the manifest's, or one that was imported.
 *
 * @param own - The folder of the `models` option.
 * @throws MnnFaceError `ERR_MODEL_MISSING`, `ERR_MODEL_INVALID`
 */
export function findEmbedder(name: string, own?: string): Model {
  const known = knownModel(name);
  if (known !== undefined) {
    if (known.role === 'embedder') return known;
    throw new MnnFaceError('ERR_MODEL_UNSUPPORTED', `"${name}" is no embedding model.`);
  }
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    for (const directory of modelDirectories(own)) {
      const model = entryIn(directory, name);
      if (model?.role === 'embedder' && model.name === name) return model;
    }
  }
  const unverified = listUnverified().find((candidate) => candidate.name === name);
  if (unverified !== undefined) {
    const call = commandLine();
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      `The weights of ${name} are not ours to ship. Run: ${call} models pull ${name} --accept-unverified. ` +
        `Or get ${unverified.file} yourself (${unverified.url}) and run: ` +
        `${call} models import ${unverified.file} --name ${name} --preset ${unverified.preset}`,
    );
  }
  return findModel(name);
}

/** The manifest's models and the imported ones. */
export function listAllModels(own?: string): Model[] {
  const found = new Map(listModels().map((model) => [model.name, model]));
  for (const directory of modelDirectories(own)) {
    let names: string[] = [];
    try {
      names = readdirSync(directory);
    } catch {
      continue; // not there
    }
    for (const name of names) {
      if (!name.endsWith('.json') || name === 'manifest.json') continue;
      const model = readEntry(join(directory, name));
      if (model !== undefined && !found.has(model.name)) found.set(model.name, model);
    }
  }
  return [...found.values()];
}
