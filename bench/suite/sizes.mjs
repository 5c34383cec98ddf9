/** What the contenders and this package take on disk. */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { modelPaths } from '../../scripts/reference/models.mjs';
import { root } from './build-native.mjs';

/** Bytes of all files in a folder; links are not followed. */
function folderSize(folder) {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    bytes += stats.isDirectory() ? folderSize(path) : stats.isFile() ? stats.size : 0;
  }
  return bytes;
}

function npm(...args) {
  const result = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  });
  return result.stdout;
}

/** The npm packages that a user of this package gets with it: not the optional ones. */
function dependenciesSize() {
  const list = npm('ls', '--omit=dev', '--omit=optional', '--all', '--parseable');
  const folders = list
    .trim()
    .split('\n')
    .filter((folder) => folder.includes('node_modules') && existsSync(folder));
  // A package's own node_modules are listed by themselves.
  const own = (folder) => {
    const inner = join(folder, 'node_modules');
    return folderSize(folder) - (existsSync(inner) ? folderSize(inner) : 0);
  };
  // sharp's binaries are optional dependencies, of one per platform, and always needed.
  const binaries = join(root, 'node_modules', '@img');
  const outside = folders.filter((folder) => !folder.startsWith(binaries));
  const all = outside.reduce((sum, folder) => sum + own(folder), 0);
  return all + (existsSync(binaries) ? folderSize(binaries) : 0);
}

/**
 * Bytes: `addon` (.node), `weights` (of the default pipeline), `dependencies`, `tarball`, and the
 * folders of the contenders. The tarball is `npm pack` and, where these lie elsewhere in a
 * checkout, the addon of this platform and the default weights, compressed.
 */
export async function measureSizes(contenders) {
  const addon = join(root, 'build', 'Release', 'mnn_face.node');
  const paths = Object.values(await modelPaths(['rfb-320', 'mtcnn-onet', 'mobilefacenet']));
  const [pack] = JSON.parse(npm('pack', '--dry-run', '--json', '--ignore-scripts'));
  const packed = new Set(pack.files.map(({ path }) => path.split('/').at(-1)));
  const added = [addon, ...paths].filter((path) => !packed.has(path.split('/').at(-1)));
  const compressed = added.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  return {
    addon: statSync(addon).size,
    weights: paths.reduce((sum, path) => sum + statSync(path).size, 0),
    package: pack.unpackedSize + added.reduce((sum, path) => sum + statSync(path).size, 0),
    dependencies: dependenciesSize(),
    tarball: pack.size + compressed,
    contenders: Object.fromEntries(
      contenders
        .filter(({ setUp }) => setUp.folders.length > 0)
        .map(({ id, setUp }) => [id, setUp.folders.reduce((sum, f) => sum + folderSize(f), 0)]),
    ),
  };
}
