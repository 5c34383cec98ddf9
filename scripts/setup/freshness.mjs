// What of a checkout is there and up to date. Reads times of files only: it runs before every command.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { root } from './paths.mjs';

function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const stats = statSync(join(root, path));
    time = Math.max(
      time,
      stats.isDirectory()
        ? newest(readdirSync(join(root, path)).map((name) => join(path, name)))
        : stats.mtimeMs,
    );
  }
  return time;
}

function isFresh(target, sources) {
  const path = join(root, target);
  return existsSync(path) && statSync(path).mtimeMs >= newest(sources);
}

/** npm writes this file last. */
const arePackagesFresh = () => isFresh('node_modules/.package-lock.json', ['package-lock.json']);

function isAddonFresh() {
  // Programs of native/bench are no part of the addon.
  const sources = readdirSync(join(root, 'native')).filter(
    (name) => name !== 'bench' && name !== 'fuzz',
  );
  return isFresh('build/Release/mnn_face.node', [
    ...sources.map((name) => join('native', name)),
    'CMakeLists.txt',
  ]);
}

const isDistFresh = () =>
  isFresh('dist/cli/main.js', ['src', 'tsconfig.json', 'tsconfig.build.json']);

const sqliteMarker = () => join(root, 'build', 'better-sqlite3.txt');
const sqliteAddon = () =>
  join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');

/** The addon that worked: of this Node's interface, and the same file. */
function sqliteState() {
  if (!existsSync(sqliteAddon())) return undefined;
  return `${process.versions.modules} ${statSync(sqliteAddon()).mtimeMs}\n`;
}

function isSqliteFresh() {
  const state = sqliteState();
  const marker = sqliteMarker();
  return state !== undefined && existsSync(marker) && readFileSync(marker, 'utf8') === state;
}

/** Remembers that better-sqlite3 works, so that it need not be loaded to know it. */
export function rememberSqlite() {
  mkdirSync(dirname(sqliteMarker()), { recursive: true });
  writeFileSync(sqliteMarker(), sqliteState() ?? '');
}

/** The parts that are missing or older than their sources, in the order in which they are made. */
export function staleParts({ addon, sqlite }) {
  const stale = [];
  if (!arePackagesFresh()) stale.push('packages');
  if (addon && !isAddonFresh()) stale.push('addon');
  if (!isDistFresh()) stale.push('dist');
  if (sqlite && (stale.includes('packages') || !isSqliteFresh())) stale.push('sqlite');
  return stale;
}
