// Sets up everything that a bare clone needs: system packages, npm packages, MNN, the addon,
// dist/. What is there already and up to date is left alone, so it can run before every command.
//
//   node scripts/setup.mjs [--dev]      --dev: also what the checks need (clang-format, Python)
//
// Depends on nothing but Node, since it runs before `npm ci`. All output goes to stderr: one line a
// step; what the tools say is in build/log/.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { areLibrariesThere, ensureLibraries } from '../native/libraries.mjs';
import { openLog, runLogged, StepFailed, say, step } from '../native/steps.mjs';
import { withCheckoutLock } from './setup/checkout-lock.mjs';
import { rememberSqlite, staleParts } from './setup/freshness.mjs';
import { logFile, root } from './setup/paths.mjs';
import { keepSqlite, restoreSqlite } from './setup/sqlite-cache.mjs';
import { canInstall, installMissingFor } from './setup/system-packages.mjs';

export { installMissing } from './setup/system-packages.mjs';

const NAMES = {
  packages: 'npm packages',
  addon: 'the addon',
  dist: 'the compiled TypeScript',
  sqlite: 'better-sqlite3',
};

/** Runs a command in the checkout; its output begins the log `name` anew. */
async function run(name, command, args) {
  const log = logFile(name);
  openLog(log);
  await runLogged(command, args, { log, cwd: root });
}

async function setUpPackages() {
  // Without scripts: the addon is built below, with clearer messages.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  await step('npm packages', () => run('npm', 'npm', args));
}

async function setUpAddon() {
  await ensureLibraries();
  await step('The addon', () => run('addon', process.execPath, ['native/build.mjs']));
  // Where nothing had to be linked anew, the file is older than its sources still.
  const now = new Date();
  utimesSync(join(root, 'build/Release/mnn_face.node'), now, now);
}

async function setUpDist() {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
  try {
    await step('TypeScript', () => run('tsc', process.execPath, tsc));
  } catch (error) {
    // It writes files in spite of errors, which would pass for up to date.
    rmSync(join(root, 'dist', 'cli', 'main.js'), { force: true });
    throw error;
  }
}

/** better-sqlite3 (galleries, the SQLite cache) is built or fetched by its own install script. */
async function setUpSqlite() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()";
  const works = () =>
    spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
  const builtNow = !works() && !(restoreSqlite() && works());
  if (builtNow) {
    const args = ['rebuild', 'better-sqlite3', '--foreground-scripts'];
    await step('better-sqlite3', () => run('better-sqlite3', 'npm', args));
    if (!works()) {
      throw new StepFailed(
        `better-sqlite3 was built, but cannot be loaded; see ${logFile('better-sqlite3')}`,
      );
    }
  }
  keepSqlite({ builtNow });
  rememberSqlite();
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = engines.node.match(/\d+/g).map(Number);
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new StepFailed(`mnn-face needs Node ${engines.node}; this is ${process.version}.`);
  }
}

/** Installs what the tools need, or ends with the list of all that is missing. */
async function setUpSystem(parts, purposes) {
  const needs = [...purposes, ...parts.filter((part) => part === 'sqlite' || part === 'addon')];
  // The compiler tells which build of the libraries fits. Who cannot install it is told all at once.
  if (canInstall()) await installMissingFor(needs.splice(0));
  if (parts.includes('addon') && !areLibrariesThere()) needs.push('libraries');
  await installMissingFor(needs);
}

async function makeParts(parts, purposes, onCompiled) {
  await setUpSystem(parts, purposes);
  if (parts.includes('packages')) await setUpPackages();
  if (parts.includes('dist')) await setUpDist();
  onCompiled();
  if (parts.includes('addon')) await setUpAddon();
  if (parts.includes('sqlite')) await setUpSqlite();
}

async function setUpStale({ dev, sqlite, addon, weights, onCompiled }) {
  checkNode();
  const wanted = { addon, sqlite };
  const purposes = [...(dev ? ['checks'] : []), ...(weights ? ['weights'] : [])];
  const stale = staleParts(wanted);
  if (stale.length === 0 && purposes.length === 0) {
    onCompiled();
    return;
  }
  if (stale.length > 0) {
    say(`Setting up ${stale.map((part) => NAMES[part]).join(', ')} (logs: ${logFile('*')})`);
  }
  await withCheckoutLock(join(root, 'build', 'setup.lock'), () =>
    // Anew: another set-up may have made it meanwhile.
    makeParts(staleParts(wanted), purposes, onCompiled),
  );
}

/**
 * Sets up what is missing. `sqlite: false` leaves out what only galleries and caches in files need,
 * a minute's build; `addon: false` what only pictures need; `weights: true` adds what converts
 * weights. `onCompiled` is called when dist/ is there, before the long builds. A failure is told in
 * words, and ends the program.
 */
export async function setUp({
  dev = false,
  sqlite = true,
  addon = true,
  weights = false,
  onCompiled = () => {},
} = {}) {
  try {
    await setUpStale({ dev, sqlite, addon, weights, onCompiled });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(error.message);
    process.exit(error.exitCode ?? 1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp({ dev: process.argv.includes('--dev') });
}
