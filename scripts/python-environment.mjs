/** Python environments of the scripts: virtual environments in the user's cache, made once. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { UsageError } from './reference/usage-error.mjs';
import { userCacheDirectory } from './user-cache.mjs';

/**
 * @typedef {object} Environment
 * @property {string} name The folder's name begins with it.
 * @property {string} what Who needs it, for messages.
 * @property {number} leastMinor The oldest Python 3 that all of the packages have wheels for.
 * @property {string} pinned What is installed: part of the folder's name.
 * @property {string[]} install The arguments of `pip install`.
 * @property {string} megabytes Of the download.
 */

function missing(environment, what) {
  return new UsageError(
    `${what} Needed for ${environment.what}: Python 3.${environment.leastMinor} or newer with venv ` +
      '(Debian: apt-get install python3-venv); MNN_FACE_PYTHON names another interpreter.',
  );
}

/** The interpreter to make the environment with, and its version. */
function findPython(environment) {
  const command =
    process.env.MNN_FACE_PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
  const probe = 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip';
  const result = spawnSync(command, ['-c', probe], { encoding: 'utf8' });
  if (result.error) {
    throw missing(environment, `${command} could not be started (${result.error.message}).`);
  }
  const version = result.stdout.trim();
  const [major, minor] = version.split('.').map(Number);
  if (!(major === 3 && minor >= environment.leastMinor)) {
    throw missing(environment, `${command} is Python ${version}.`);
  }
  if (result.status !== 0) {
    throw missing(environment, `${command} (Python ${version}) lacks venv or ensurepip.`);
  }
  return { command, version };
}

async function run(command, args) {
  // Not spawnSync: the lock must be refreshed meanwhile.
  const child = spawn(command, args, { stdio: ['ignore', process.stderr, process.stderr] });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new UsageError(
      `Making the Python environment failed: "${command} ${args.join(' ')}"; its messages are above. ` +
        'The pinned versions have wheels for CPython up to 3.14; MNN_FACE_PYTHON names an interpreter.',
    );
  }
}

async function build(environment, command, directory, python) {
  console.error(
    `Making the Python environment of ${environment.what} once, in ${directory} (downloads about ${environment.megabytes} MB) …`,
  );
  // An environment without its marker is what an interrupted run left. It cannot be built elsewhere
  // and renamed, since its scripts hold its path.
  rmSync(directory, { recursive: true, force: true });
  await run(command, ['-m', 'venv', directory]);
  await run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--only-binary=:all:',
    ...environment.install,
  ]);
}

/**
 * The Python that has the pinned packages. Made at the first call; concurrent calls wait.
 *
 * @param {Environment} environment
 * @returns {Promise<string>} the interpreter's path
 * @throws UsageError when Python, venv or a wheel is missing.
 */
export async function ensurePython(environment) {
  const { command, version } = findPython(environment);
  const key = createHash('sha256')
    .update(environment.pinned)
    .update(version)
    .digest('hex')
    .slice(0, 16);
  const cache = userCacheDirectory();
  const directory = join(cache, `${environment.name}-${key}`);
  const python =
    process.platform === 'win32'
      ? join(directory, 'Scripts', 'python.exe')
      : join(directory, 'bin', 'python');
  const marker = join(directory, 'complete');
  // The interpreter is a link to the system's, which may have gone.
  const isThere = () => existsSync(marker) && existsSync(python);
  if (isThere()) return python;
  mkdirSync(cache, { recursive: true });
  // Not at the top: `npm test` imports this file before it has installed any package.
  const { default: lockfile } = await import('proper-lockfile');
  const release = await lockfile.lock(cache, {
    lockfilePath: `${directory}.lock`,
    stale: 30_000,
    update: 5_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000 },
  });
  try {
    if (!isThere()) {
      await build(environment, command, directory, python);
      writeFileSync(marker, `${key}\n`);
    }
  } finally {
    await release();
  }
  return python;
}
