import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { MnnFaceError, messageOf } from '../errors.js';

/** The user's home folder. A user without a name (a container's `--user 12345`) and without HOME has none. */
function home(): string {
  let reason: string;
  try {
    const directory = homedir();
    if (isAbsolute(directory)) return directory;
    reason = `the home folder is "${directory}"`;
  } catch (error) {
    reason = messageOf(error);
  }
  throw new MnnFaceError(
    'ERR_MODEL_MISSING',
    `There is no folder to keep models in: this user has no home folder (${reason}). Name a folder that may be written to with MNN_FACE_CACHE.`,
  );
}

/**
 * The per-user cache of mnn-face: `MNN_FACE_CACHE`, else the platform's usual place. Ask for it only
 * where it is needed. `scripts/user-cache.mjs` follows the same rule for the built MNN.
 *
 * @throws MnnFaceError `ERR_MODEL_MISSING` when this user has no home folder.
 */
export function userCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.MNN_FACE_CACHE) return environment.MNN_FACE_CACHE;
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'mnn-face');
  }
  if (process.platform === 'darwin') return join(home(), 'Library', 'Caches', 'mnn-face');
  return join(environment.XDG_CACHE_HOME || join(home(), '.cache'), 'mnn-face');
}

/** The same, or undefined where there is none: for looking into it. */
export function userCacheDirectoryIfAny(
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  try {
    return userCacheDirectory(environment);
  } catch (error) {
    if (error instanceof MnnFaceError) return undefined;
    throw error;
  }
}
