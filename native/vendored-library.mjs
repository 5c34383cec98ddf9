// Builds a C++ library that a Rust crate vendors, once per user: a Cargo package beside this file
// depends on the crate, and its build.rs copies what was built to a prefix (lib/, include/).
//
// The prefix is in the user's cache, outside of any checkout, and its name is a hash of all that
// shapes the library. It is built in a staging folder and renamed when whole, so that an interrupted
// build leaves nothing that could be taken for a finished one; a lock makes concurrent builds wait.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import lockfile from 'proper-lockfile';
import { userCacheDirectory } from '../scripts/user-cache.mjs';

const nativeDirectory = dirname(fileURLToPath(import.meta.url));

/** Half-made folders of a build whose process is gone are swept away after this time. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * The toolchain file that carries the library's options: the plain one, or a cross target's, which
 * all libraries share.
 */
function toolchainFile({ name }, target) {
  return target
    ? join(nativeDirectory, 'mnn', 'toolchains', `${target}.cmake`)
    : join(nativeDirectory, name, 'options.cmake');
}

function compilerOf(library, target) {
  const toolchain = readFileSync(toolchainFile(library, target), 'utf8');
  const named = /CMAKE_CXX_COMPILER\s+(\S+?)\)/.exec(toolchain)?.[1];
  return named ?? process.env.CXX ?? 'c++';
}

/** A hash of everything that shapes the library: versions, options, compiler, target. */
export function prefixKey(library, target) {
  const compiler = compilerOf(library, target);
  const hash = createHash('sha256');
  for (const name of ['Cargo.lock', 'Cargo.toml', 'build.rs', 'options.cmake']) {
    hash.update(readFileSync(join(nativeDirectory, library.name, name)));
  }
  hash.update(readFileSync(toolchainFile(library, target)));
  hash.update(
    // By what it is, not by its name: CMake sets CXX to a full path for the same compiler.
    JSON.stringify([
      run(compiler, ['-dumpfullversion', '-dumpversion']),
      run(compiler, ['-dumpmachine']),
      process.env.CFLAGS ?? '',
      process.env.CXXFLAGS ?? '',
    ]),
  );
  const platform = target ?? `${process.platform}-${process.arch}`;
  return `${library.version}-${platform}-${hash.digest('hex').slice(0, 16)}`;
}

async function runCargo(library, targetDirectory, prefix, target, children) {
  const env = {
    ...process.env,
    CMAKE_TOOLCHAIN_FILE: toolchainFile(library, target),
    [`${library.name.toUpperCase()}_PREFIX_OUT`]: prefix,
    CARGO_TARGET_DIR: targetDirectory,
  };
  // Else the cmake crate passes the host's -m64 to a cross compiler.
  if (target) env.CRATE_CC_NO_DEFAULTS = '1';
  const child = spawn('cargo', ['build', '--release', '--locked', '--quiet'], {
    cwd: join(nativeDirectory, library.name),
    env,
    // Cargo's own output goes to stderr: stdout is for the answer.
    stdio: ['ignore', process.stderr, process.stderr],
    detached: process.platform !== 'win32',
  });
  children.add(child);
  await new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        error.code === 'ENOENT'
          ? new Error(
              `cargo was not found. ${library.title} is built from the crate ${library.crate}: install Rust (Debian: apt-get install cargo; or rustup), then run this again.`,
            )
          : error,
      ),
    );
    child.on('exit', (code, signal) => {
      children.delete(child);
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `Building ${library.title} failed (cargo: ${signal ?? `exit ${code}`}); its messages are above. ` +
              `It needs cargo, cmake, a C++ compiler and ${library.needs} (Debian: apt-get install cargo cmake g++ ${library.debianPackage}).`,
          ),
        );
    });
  });
}

async function sweepAbandoned(root) {
  for (const name of await readdir(root)) {
    if (!name.startsWith('.staging-')) continue;
    const path = join(root, name);
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

async function build(library, root, key, target) {
  await sweepAbandoned(root);
  const staging = await mkdtemp(join(root, `.staging-${key}-`));
  const children = new Set();
  const interrupted = (signal) => {
    for (const child of children) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {}
    }
    rm(staging, { recursive: true, force: true }).finally(() => {
      process.exitCode = signal === 'SIGINT' ? 130 : 143;
      process.exit();
    });
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    console.error(
      `Building ${library.title} ${library.version} once into ${join(root, key)} (${library.takes} on 2 cores; later builds reuse it) …`,
    );
    const prefix = join(staging, 'prefix');
    await mkdir(prefix);
    await runCargo(library, join(staging, 'target'), prefix, target, children);
    await writeFile(join(prefix, 'key.txt'), `${key}\n`);
    await rename(prefix, join(root, key));
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * The folder with the library's `lib/` and `include/` for this host, or for a cross target (the name
 * of a file in `mnn/toolchains/`). Builds it when the cache has none; waits for a build that another
 * process has under way.
 */
export async function ensurePrefix(library, target) {
  const root = join(userCacheDirectory(), library.name);
  const key = prefixKey(library, target);
  const prefix = join(root, key);
  if (existsSync(join(prefix, 'key.txt'))) return prefix;
  await mkdir(root, { recursive: true });
  const release = await lockfile.lock(root, {
    lockfilePath: join(root, `${key}.lock`),
    stale: 30_000,
    update: 5_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000 },
  });
  try {
    if (!existsSync(join(prefix, 'key.txt'))) await build(library, root, key, target);
  } finally {
    await release();
  }
  return prefix;
}

/** Prints the prefix when the module at `url` is the program: `[--target linux-arm64]`. */
export async function printPrefix(library, url) {
  if (process.argv[1] !== fileURLToPath(url)) return;
  const { values } = parseArgs({ options: { target: { type: 'string' } } });
  try {
    console.log(await ensurePrefix(library, values.target));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
