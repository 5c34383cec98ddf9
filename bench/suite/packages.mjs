/** npm packages that only the benchmark needs: in folders of the user's cache, one per contender. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import lockfile from 'proper-lockfile';
import { userCacheDirectory } from '../../scripts/user-cache.mjs';

async function install(folder, packages) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // npm would look for a package.json in the folders above.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // Without scripts: none of these packages needs one on a CPU.
  const child = spawn(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    },
  );
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`npm install failed: ${errors.trim().split('\n').at(-1)}`);
}

/**
 * The folder that has the packages in its node_modules; made at the first call.
 *
 * @param packages - As npm takes them, with their versions: `name@1.2.3`.
 */
export async function ensurePackages(name, packages) {
  const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const cache = userCacheDirectory();
  const folder = join(cache, `bench-${name}-${key}`);
  const marker = join(folder, 'complete');
  if (existsSync(marker)) return folder;
  mkdirSync(cache, { recursive: true });
  const release = await lockfile.lock(cache, {
    lockfilePath: `${folder}.lock`,
    stale: 30_000,
    update: 5_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000 },
  });
  try {
    if (!existsSync(marker)) {
      console.error(`Installing ${packages.join(', ')} for the benchmark …`);
      await install(folder, packages);
      writeFileSync(marker, `${packages.join('\n')}\n`);
    }
  } finally {
    await release();
  }
  return folder;
}
