/** The libraries to compare with: installed into the user's cache, not into this package. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { userCacheDirectory } from '../../scripts/user-cache.mjs';

const PACKAGES = { 'sqlite-vec': '0.1.9', 'hnswlib-node': '3.0.0' };
const folder = join(userCacheDirectory(), 'bench-gallery-search');

/** Installs what is not there. */
export function installRivals() {
  const missing = Object.keys(PACKAGES).filter(
    (name) => !existsSync(join(folder, 'node_modules', name, 'package.json')),
  );
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  const { status } = spawnSync('npm', ['install', '--prefix', folder, ...wanted], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (status !== 0) throw new Error('The libraries to compare with could not be installed.');
}

export const requireRival = (name) => createRequire(join(folder, 'package.json'))(name);
