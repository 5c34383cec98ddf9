/** Whether somebody else than root can run this checkout: not in a folder that is root's alone. */
import { spawnSync } from 'node:child_process';
import { root } from './process/run.js';

export function canRunHere(uid: number): boolean {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return false;
  const { status } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(root)})`], {
    cwd: '/',
    uid,
    gid: uid,
  });
  return status === 0;
}
