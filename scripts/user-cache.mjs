import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';

function home() {
  let reason;
  try {
    const directory = homedir();
    if (isAbsolute(directory)) return directory;
    reason = `the home folder is "${directory}"`;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new Error(
    `There is no folder for what is built and fetched: this user has no home folder (${reason}). Name a folder that may be written to with MNN_FACE_CACHE.`,
  );
}

/**
 * The per-user cache of mnn-face: `MNN_FACE_CACHE`, else the platform's usual place.
 * Holds the built MNN and downloaded weights. `src/models/user-cache.ts` follows the same rule.
 */
export function userCacheDirectory() {
  if (process.env.MNN_FACE_CACHE) return process.env.MNN_FACE_CACHE;
  if (process.platform === 'win32') {
    return join(process.env.LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'mnn-face');
  }
  if (process.platform === 'darwin') return join(home(), 'Library', 'Caches', 'mnn-face');
  return join(process.env.XDG_CACHE_HOME || join(home(), '.cache'), 'mnn-face');
}
