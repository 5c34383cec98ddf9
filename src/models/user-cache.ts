import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The per-user cache of mnn-face: `MNN_FACE_CACHE`, else the platform's usual place.
 * `scripts/user-cache.mjs` follows the same rule for the built MNN.
 */
export function userCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.MNN_FACE_CACHE) return environment.MNN_FACE_CACHE;
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'mnn-face');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'mnn-face');
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mnn-face');
}
