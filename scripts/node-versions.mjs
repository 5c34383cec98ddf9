// Gives the paths of other Node versions' binaries, from the packages that npm's `node` is made of;
// kept in the user's cache.
//   node scripts/node-versions.mjs 22 24
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { userCacheDirectory } from './user-cache.mjs';

/** The newest binary of a major version, e.g. 22, for this platform. */
export async function nodeBinary(major) {
  const cache = join(userCacheDirectory(), 'node');
  const folder = join(cache, `${process.platform}-${process.arch}-${major}`);
  const binary = join(
    folder,
    'node_modules',
    'node-binary',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, '.staging-'));
  try {
    await writeFile(join(staging, 'package.json'), '{"private":true}');
    const name = `node-binary@npm:node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${major}`;
    const result = spawnSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', name],
      {
        cwd: staging,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      },
    );
    if (result.status !== 0) throw new Error(`Installing Node ${major} failed: ${result.stderr}`);
    await rename(staging, folder).catch((error) => {
      // Another process was faster; what it made is as good.
      if (!existsSync(binary)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const major of process.argv.slice(2)) console.log(await nodeBinary(major));
}
