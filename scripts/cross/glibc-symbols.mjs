// Which glibc prebuilt addons need: a table of files, sizes, and the newest symbol of each.
//   node scripts/cross/glibc-symbols.mjs [FILE …]      default: all in prebuilds/
// Fails above 2.28, which Debian 10, RHEL 8 and the official Node 20 have.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The newest glibc that a prebuilt addon may need. */
export const GLIBC_FLOOR = '2.28';

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest glibc version in the output of `readelf --dyn-syms --wide`, and its symbols. */
export function newestGlibc(table) {
  let version = '0';
  let symbols = [];
  for (const [, name, of] of table.matchAll(/\sUND\s+(\S+?)@+GLIBC_([\d.]+)/g)) {
    const order = compareVersions(of, version);
    if (order > 0) symbols = [];
    if (order >= 0) symbols.push(name);
    if (order > 0) version = of;
  }
  return { version, symbols };
}

/** What a file needs; `ok` when that is at most the floor. */
export function glibcOf(file) {
  // Of all the tools it is the one that reads every processor's files.
  const result = spawnSync('readelf', ['--dyn-syms', '--wide', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (result.status !== 0) {
    throw new Error(
      `readelf could not read ${file} (Debian: apt-get install binutils). ${result.stderr ?? ''}`,
    );
  }
  const { version, symbols } = newestGlibc(result.stdout);
  return { file, version, symbols, ok: compareVersions(version, GLIBC_FLOOR) <= 0 };
}

function glibcPrebuilds() {
  const folder = join(root, 'prebuilds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.glibc.node'))
    .map((name) => join(folder, name))
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const rows = (named.length > 0 ? named : glibcPrebuilds()).map(glibcOf);
  for (const { file, version, symbols, ok } of rows) {
    const size = `${(statSync(file).size / 1e6).toFixed(2)} MB`;
    const verdict = ok ? 'ok' : `ABOVE ${GLIBC_FLOOR}`;
    console.log(
      [relative(process.cwd(), file), size, `GLIBC_${version}`, symbols.join(' '), verdict].join(
        '  ',
      ),
    );
  }
  if (rows.length === 0)
    console.error('No prebuilt addons: npm run prebuild -- --target linux-x64');
  process.exitCode = rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
}
