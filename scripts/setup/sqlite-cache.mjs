// Keeps the better-sqlite3 that was built here in the user's cache: its build takes minutes on a
// small computer, and each checkout and each `npm ci` would need it again.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { userCacheDirectory } from '../user-cache.mjs';
import { root } from './paths.mjs';

const folder = join(root, 'node_modules', 'better-sqlite3');
const built = join(folder, 'build', 'Release', 'better_sqlite3.node');

/** By all that a built addon depends on. It is loaded before it is trusted. */
function keptFile() {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { glibcVersionRuntime: libc = 'other' } = process.report.getReport().header;
  const name = `${version}-${process.platform}-${process.arch}-node${process.versions.modules}-${libc}.node`;
  return join(userCacheDirectory(), 'better-sqlite3', name);
}

function copyWhole(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const partial = `${to}.${process.pid}`;
  copyFileSync(from, partial);
  renameSync(partial, to);
}

/** Puts the kept addon into node_modules, where there is one; whether it did. */
export function restoreSqlite() {
  const kept = keptFile();
  if (!existsSync(kept)) return false;
  copyWhole(kept, built);
  return true;
}

/**
 * Keeps the addon that works here; one that was built just now takes the place of what was kept and did
 * not work. A cache that cannot be written is no failure.
 */
export function keepSqlite({ builtNow }) {
  try {
    const kept = keptFile();
    if (builtNow || !existsSync(kept)) copyWhole(built, kept);
  } catch {
    // The next set-up builds it again.
  }
}
