import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * The per-user cache of mnn-face: `MNN_FACE_CACHE`, else the platform's usual place.
 * Holds the built MNN and downloaded weights. `src/models/user-cache.ts` follows the same rule.
 */
export function userCacheDirectory() {
  if (process.env.MNN_FACE_CACHE) return process.env.MNN_FACE_CACHE;
  if (process.platform === 'win32') {
    return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'mnn-face');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'mnn-face');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mnn-face');
}
