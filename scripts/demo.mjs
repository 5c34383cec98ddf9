// `npm run demo [A B]`: sets up everything, compares two pictures, writes demo-result.jpg.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const from = process.env.INIT_CWD ?? process.cwd();
const photographs = ['test4.jpg', 'test5.jpg'].map((name) =>
  join(root, '..', 'shared', 'images', name),
);
const drawings = ['sample-a.png', 'sample-b.png'].map((name) => join(root, 'docs', name));
const samples = photographs.every((path) => existsSync(path)) ? photographs : drawings;
const pictures = given.length === 0 ? samples : given.map((path) => resolve(from, path));
if (pictures.length !== 2) {
  console.error('Usage: npm run demo [A B], with two pictures or none.');
  process.exit(2);
}

await setUp({ sqlite: false });
const result = spawnSync(
  process.execPath,
  [
    join(root, 'dist/cli/main.js'),
    'compare',
    ...pictures,
    '--annotate',
    join(root, 'demo-result.jpg'),
  ],
  { stdio: 'inherit' },
);
// "Not the same person" is a result of the demo, not a failure of it.
process.exitCode = result.status === 1 ? 0 : (result.status ?? 3);
