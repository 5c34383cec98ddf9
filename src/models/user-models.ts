/** Models that the user imported: NAME.json, an entry like the manifest's, beside its model file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import { findModel, knownModel, listModels, type Model, parseModel } from './manifest.js';
import { modelDirectories } from './model-files.js';

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
      const model = readEntry(join(directory, `${name}.json`));
      if (model?.role === 'embedder' && model.name === name) return model;
    }
  }
  if (name === 'vggface-senet50') {
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      'The weights of vggface-senet50 are not ours to ship. Get rcmalli_vggface_tf_notop_senet50.h5 (release v2.0 of rcmalli/keras-vggface) and run: mnn-face models import rcmalli_vggface_tf_notop_senet50.h5 --name vggface-senet50 --preset vggface-senet50',
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
