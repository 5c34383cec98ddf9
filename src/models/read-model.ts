/** The bytes of a model: found on this machine, or fetched from a plain address at its first use. */
import { dirname } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import type { Model } from './manifest.js';
import { commandLine, findFile, modelDirectories, wrongFile } from './model-files.js';

/**
 * The bytes of a model, from the first place that has its file, checked against its SHA-256; else
 * from a plain address, or from the mirror. Nothing is converted here: `models pull` does that.
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
  const found = await findFile(model, directories);
  if (found?.accepted) return found.bytes;
  if (found !== undefined) throw wrongFile(model, found);
  const { path, failures } = await fetchIt(model, environment);
  if (path !== undefined) {
    const fetched = await findFile(model, [dirname(path)]);
    if (fetched?.accepted) return fetched.bytes;
  }
  const fetching =
    failures.length === 0
      ? 'it has no address to fetch it from as it is'
      : `fetching it failed: ${failures.map(({ reason }) => reason).join('; ')}`;
  throw new MnnFaceError(
    failures.some(({ code }) => code === 'ERR_MODEL_CHECKSUM')
      ? 'ERR_MODEL_CHECKSUM'
      : 'ERR_MODEL_MISSING',
    `The model "${model.name}" was not found: no ${model.file} in ${directories.join(', ')}, and ${fetching}. ` +
      `Run: ${commandLine()} models pull ${model.name}. Or put the file (SHA-256 ${model.sha256}) into one of these folders, ` +
      'or name its folder with MNN_FACE_MODELS or --models.',
  );
}

async function fetchIt(
  model: Model,
  environment: NodeJS.ProcessEnv,
): Promise<{ path: string | undefined; failures: { code: string; reason: string }[] }> {
  // Loaded where it is needed: most processes fetch nothing.
  const { fetchPlain } = await import('./pull/pull-model.js');
  try {
    return await fetchPlain(model, environment);
  } catch (error) {
    // A cache that cannot be written to, or a mirror that is none.
    const code = codeOf(error) ?? 'ERR_MODEL_MISSING';
    return { path: undefined, failures: [{ code, reason: messageOf(error) }] };
  }
}
