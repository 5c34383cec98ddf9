/** The Python environment of the reference: a virtual environment in the user's cache. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';
import { userCacheDirectory } from '../user-cache.mjs';
import { UsageError } from './usage-error.mjs';

/** The folder with the Python files. */
export const toolDirectory = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'tools',
  'reference',
);
const requirements = join(toolDirectory, 'requirements.txt');

/** The oldest Python that all of the pinned packages have wheels for. */
const LEAST_MINOR = 9;

function missing(what) {
  return new UsageError(
    `${what} The reference needs Python 3.${LEAST_MINOR} or newer with venv ` +
      '(Debian: apt-get install python3-venv); MNN_FACE_PYTHON names another interpreter.',
  );
}

/** The interpreter to make the environment with, and its version. */
function findPython() {
  const command =
    process.env.MNN_FACE_PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
  const probe = 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip';
  const result = spawnSync(command, ['-c', probe], { encoding: 'utf8' });
  if (result.error) throw missing(`${command} could not be started (${result.error.message}).`);
  const version = result.stdout.trim();
  const [major, minor] = version.split('.').map(Number);
  if (!(major === 3 && minor >= LEAST_MINOR)) throw missing(`${command} is Python ${version}.`);
  if (result.status !== 0) throw missing(`${command} (Python ${version}) lacks venv or ensurepip.`);
  return { command, version };
}

async function run(command, args) {
  // Not spawnSync: the lock must be refreshed meanwhile.
  const child = spawn(command, args, { stdio: ['ignore', process.stderr, process.stderr] });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new UsageError(
      `Making the Python environment failed: "${command} ${args.join(' ')}"; its messages are above. ` +
        'The pinned versions have wheels for CPython 3.9 to 3.14; MNN_FACE_PYTHON names an interpreter.',
    );
  }
}

async function build(command, directory, python) {
  console.error(
    `Making the Python environment of the reference once, in ${directory} (downloads about 85 MB) …`,
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
    '--requirement',
    requirements,
  ]);
}

/**
 * The Python that has the pinned packages. Made at the first call; concurrent calls wait.
 *
 * @throws UsageError when Python, venv or a wheel is missing.
 */
export async function ensureEnvironment() {
  const { command, version } = findPython();
  const key = createHash('sha256')
    .update(readFileSync(requirements))
    .update(version)
    .digest('hex')
    .slice(0, 16);
  const cache = userCacheDirectory();
  const directory = join(cache, `reference-venv-${key}`);
  const python =
    process.platform === 'win32'
      ? join(directory, 'Scripts', 'python.exe')
      : join(directory, 'bin', 'python');
  const marker = join(directory, 'complete');
  // The interpreter is a link to the system's, which may have gone.
  const isThere = () => existsSync(marker) && existsSync(python);
  if (isThere()) return python;
  mkdirSync(cache, { recursive: true });
  const release = await lockfile.lock(cache, {
    lockfilePath: `${directory}.lock`,
    stale: 30_000,
    update: 5_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000 },
  });
  try {
    if (!isThere()) {
      await build(command, directory, python);
      writeFileSync(marker, `${key}\n`);
    }
  } finally {
    await release();
  }
  return python;
}
