/** Runs scripts in processes of their own. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');

/** The compiled CLI. */
export function cli(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    encoding: 'utf8',
    // A conversion on a busy machine takes a minute.
    timeout: 300_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
}

/** A CommonJS program that has `createFaces`, `image(name)` and the module `m` at hand. */
export function program(source: string, timeout = 60_000): SpawnSyncReturns<string> {
  const prelude = `
    const m = require(${JSON.stringify(root)});
    const { createFaces } = m;
    const { join } = require('node:path');
    const shared = ${JSON.stringify(process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared'))};
    const image = (name) => join(shared, 'images', name);
  `;
  return spawnSync(process.execPath, ['-e', prelude + source], {
    cwd: root,
    encoding: 'utf8',
    timeout,
  });
}
