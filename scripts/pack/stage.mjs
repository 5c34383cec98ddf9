// Fills a folder with what is published: the package, the default weights, all prebuilt addons.
//   node scripts/pack/stage.mjs FOLDER
// Refuses what is not whole: weights by their SHA-256, files by scripts/pack/expected-files.txt.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { compareFileList } from './file-list.mjs';
import { stagePackage } from './staging.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [name] = process.argv.slice(2);
if (name === undefined) fail('Usage: node scripts/pack/stage.mjs FOLDER');
const folder = resolve(name);
if (existsSync(folder) && readdirSync(folder).length > 0) fail(`${folder} is not empty.`);
mkdirSync(folder, { recursive: true });
const prebuilds = existsSync(join(root, 'prebuilds')) ? readdirSync(join(root, 'prebuilds')) : [];
stagePackage(folder, prebuilds);
const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: folder,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
if (packed.status !== 0) fail(packed.stderr);
const [{ files, size }] = JSON.parse(packed.stdout);
const sources = readdirSync(join(root, 'src'), { recursive: true }).map((path) =>
  `src/${path}`.replaceAll('\\', '/'),
);
const { unexpected, missing } = compareFileList(
  files.map(({ path }) => path),
  sources,
);
if (unexpected.length > 0) fail(`Unexpected files: ${unexpected.join(', ')}`);
if (missing.length > 0) fail(`Nothing is there for: ${missing.join(', ')}`);
console.log(
  `${folder}: ${files.length} files, ${(size / 1e6).toFixed(2)} MB packed, addons for ${prebuilds.join(', ')}`,
);
