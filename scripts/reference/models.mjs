/** Paths of the model files, so that both sides run the same ones. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findModel } from '../../dist/models/manifest.js';
import { modelDirectories } from '../../dist/models/model-files.js';
import { readModel } from '../../dist/models/read-model.js';

/** The path of each model by its name, checked against its SHA-256, fetched where it is missing. */
export async function modelPaths(names) {
  const paths = {};
  for (const name of names) {
    const model = findModel(name);
    await readModel(model);
    paths[name] = modelDirectories()
      .map((directory) => join(directory, model.file))
      .find((path) => existsSync(path));
  }
  return paths;
}
