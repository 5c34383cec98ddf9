/** `models verify` and `models path`: what is on this machine. */
import { stat } from 'node:fs/promises';
import { MnnFaceError } from '../../errors.js';
import { knownModel, listUnverified, type Model } from '../../models/manifest.js';
import {
  commandLine,
  type FoundFile,
  fileIn,
  findFile,
  keptModelsDirectory,
  modelDirectories,
} from '../../models/model-files.js';
import { modelNames } from '../../models/pull/pull-models.js';
import { listAllModels } from '../../models/user-models.js';
import { EXIT, reportError } from '../exit.js';
import { table } from '../format.js';

/** What `models verify` and `models path` are given. */
export interface FindCliOptions {
  json?: boolean;
  models?: string;
}

/** The models of these names, imported ones too. Throws ERR_MODEL_MISSING. */
function modelsOf(names: readonly string[], own: string | undefined): Model[] {
  const all = listAllModels(own);
  if (names.length === 0) return all;
  const known = new Map(all.map((model) => [model.name, model]));
  const wanted = names.flatMap((name) => (known.has(name) ? [name] : modelNames([name])));
  return wanted.map((name) => {
    const model = known.get(name);
    if (model !== undefined) return model;
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      `The model "${name}" is not here. ${howToGet(name)}`,
    );
  });
}

/** What brings a model's file: a pull, or the user's own import. */
function howToGet(name: string): string {
  const pulled = knownModel(name) !== undefined || listUnverified().some((m) => m.name === name);
  return pulled ? `Run: ${commandLine()} models pull ${name}` : 'Import it again.';
}

type State = 'ok' | 'wrong' | 'missing';

interface Verified {
  name: string;
  state: State;
  path: string | null;
  sha256: string | null;
  bytes: number | null;
}

/** Every copy that is found: a later one may be looked at first somewhere else. */
async function verify(model: Model, directories: readonly string[]): Promise<Verified[]> {
  const rows: Verified[] = [];
  for (const directory of directories) {
    const found = await fileIn(directory, model);
    if (found === undefined) continue;
    const { path, sha256, bytes, accepted } = found;
    const state = accepted ? 'ok' : 'wrong';
    rows.push({ name: model.name, state, path, sha256, bytes: bytes.byteLength });
  }
  if (rows.length > 0) return rows;
  return [{ name: model.name, state: 'missing', path: null, sha256: null, bytes: null }];
}

/** `models verify [NAME...]`. */
export async function verifyCommand(
  names: readonly string[],
  options: FindCliOptions,
): Promise<number> {
  const directories = [...new Set(modelDirectories(options.models))];
  const rows: Verified[] = [];
  for (const model of modelsOf(names, options.models)) {
    rows.push(...(await verify(model, directories)));
  }
  const bad = rows.filter(
    ({ state }) => state === 'wrong' || (state === 'missing' && names.length > 0),
  );
  if (options.json) console.log(JSON.stringify({ ok: bad.length === 0, files: rows }));
  else {
    const cells = rows.map((row) => [row.name, row.state, row.path ?? '', row.sha256 ?? '']);
    console.log(table(['name', 'state', 'file', 'SHA-256'], cells));
    for (const { name, state, path } of bad) {
      const text =
        state === 'wrong'
          ? `${path} is not the model "${name}". Remove it. ${howToGet(name)}`
          : `The model "${name}" is not here. ${howToGet(name)}`;
      const code = state === 'wrong' ? 'ERR_MODEL_CHECKSUM' : 'ERR_MODEL_MISSING';
      reportError(new MnnFaceError(code, text));
    }
  }
  return bad.length === 0 ? EXIT.ok : EXIT.badInput;
}

function checkFound(model: Model, found: FoundFile | undefined): FoundFile {
  if (found?.accepted) return found;
  throw new MnnFaceError(
    found === undefined ? 'ERR_MODEL_MISSING' : 'ERR_MODEL_CHECKSUM',
    found === undefined
      ? `The model "${model.name}" is not here: no ${model.file}. ${howToGet(model.name)}`
      : `${found.path} is not the model "${model.name}". Remove it. ${howToGet(model.name)}`,
  );
}

/** `models path [NAME...]`. */
export async function pathCommand(
  names: readonly string[],
  options: FindCliOptions,
): Promise<number> {
  const lookedIn = modelDirectories(options.models);
  const directory = options.models ?? keptModelsDirectory();
  if (names.length === 0) {
    console.log(options.json ? JSON.stringify({ directory, lookedIn }) : directory);
    return EXIT.ok;
  }
  const paths: { name: string; path: string; bytes: number }[] = [];
  for (const model of modelsOf(names, options.models)) {
    const { path } = checkFound(model, await findFile(model, lookedIn));
    paths.push({ name: model.name, path, bytes: (await stat(path)).size });
  }
  if (options.json) console.log(JSON.stringify({ directory, lookedIn, models: paths }));
  else for (const { path } of paths) console.log(path);
  return EXIT.ok;
}
