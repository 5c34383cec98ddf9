// Builds a C++ library whose sources a Rust crate carries, once per user, into a prefix (lib/,
// include/). Cargo fetches the sources; CMake builds them with our options. No Rust is compiled.
//
// The prefix is in the user's cache, outside of any checkout, and its name is a hash of all that
// shapes the library. It appears whole or not at all, by a rename; a lock makes concurrent builds
// wait. What an interrupted or failed build has compiled is kept, and the next one goes on from it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { userCacheDirectory } from '../scripts/user-cache.mjs';
import { buildWithCMake } from './cmake-build.mjs';
import { crateSources, hashOf, pinnedCrate } from './crate-sources.mjs';
import { Interrupted, openLog, StepFailed, say, step } from './steps.mjs';

const nativeDirectory = dirname(fileURLToPath(import.meta.url));

/** Folders of builds that nobody went on with are swept away after this time. */
const ABANDONED_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** The toolchain file with the library's options: the plain one, or a cross target's, which all libraries share. */
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

/** By what the compiler is, not by its name: CMake sets CXX to a full path for the same one. */
function compilerIdentity(compiler) {
  const ask = (...flags) => {
    const result = spawnSync(compiler, flags, { encoding: 'utf8' });
    return result.status === 0 ? result.stdout.trim() : undefined;
  };
  // Clang knows the second flag only.
  const version = ask('-dumpfullversion', '-dumpversion') ?? ask('-dumpversion');
  return [version, ask('-dumpmachine')];
}

/** A hash of everything that shapes the library: sources, changes, options, compiler, target. */
export function prefixKey(library, target) {
  const { checksum } = pinnedCrate(join(nativeDirectory, library.name), library.crate);
  const { patches, definitions, cmakeTarget, headers } = library;
  const hash = hashOf(
    checksum,
    { patches, definitions, cmakeTarget, headers },
    readFileSync(join(nativeDirectory, library.name, 'options.cmake'), 'utf8'),
    readFileSync(toolchainFile(library, target), 'utf8'),
    compilerIdentity(compilerOf(library, target)),
    ['CFLAGS', 'CXXFLAGS', 'MACOSX_DEPLOYMENT_TARGET'].map((name) => process.env[name] ?? ''),
  );
  const platform = target ?? `${process.platform}-${process.arch}`;
  return `${library.version}-${platform}-${hash}`;
}

async function sweepAbandoned(root, key) {
  for (const name of await readdir(root)) {
    if (!/^\.(staging|work)-/.test(name) || name === `.work-${key}`) continue;
    const path = join(root, name);
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

/** A copy of the crate's sources with our changes, made once: newer files would be compiled anew. */
async function prepareSources(library, work, log) {
  const sources = join(work, 'source');
  if (existsSync(sources)) return sources;
  const crate = await crateSources(join(nativeDirectory, library.name), library.crate, log);
  const copy = join(work, 'source.part');
  await rm(copy, { recursive: true, force: true });
  await cp(join(crate, library.sources), copy, { recursive: true });
  for (const { file, find, replace } of library.patches) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
    if (!text.includes(find))
      throw new StepFailed(`${file} of ${library.crate} is not as expected.`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
  await rename(copy, sources);
  return sources;
}

async function build(library, root, key, target, log) {
  const work = join(root, `.work-${key}`);
  await mkdir(work, { recursive: true });
  const sources = await prepareSources(library, work, log);
  const build = await buildWithCMake({
    sources,
    work,
    toolchain: toolchainFile(library, target),
    definitions: library.definitions,
    target: library.cmakeTarget,
    log,
  });
  const prefix = join(work, 'prefix');
  await rm(prefix, { recursive: true, force: true });
  const archive = library.archive[process.platform === 'win32' ? 'windows' : 'unix'];
  const built = [build, join(build, 'Release')].map((folder) => join(folder, archive));
  const found = built.find((path) => existsSync(path));
  if (!found) throw new StepFailed(`CMake built no ${archive}; its log: ${log}`);
  await cp(found, join(prefix, 'lib', archive));
  for (const [from, to] of library.headers) {
    const path = from.startsWith('build/') ? join(build, from.slice(6)) : join(sources, from);
    await cp(path, join(prefix, to), { recursive: true });
  }
  await writeFile(join(prefix, 'key.txt'), `${key}\n`);
  await rename(prefix, join(root, key));
  await rm(work, { recursive: true, force: true });
}

async function lock(library, root, key) {
  // Only here: whether a library is there is asked before the npm packages are installed.
  const { default: lockfile } = await import('proper-lockfile');
  const options = { lockfilePath: join(root, `${key}.lock`), stale: 30_000, update: 5_000 };
  try {
    return await lockfile.lock(root, options);
  } catch (error) {
    if (error.code !== 'ELOCKED') throw error;
    say(`Another process builds ${library.title}; waiting for it.`);
    const retries = { forever: true, minTimeout: 500, maxTimeout: 2_000 };
    return await lockfile.lock(root, { ...options, retries });
  }
}

async function buildInStep(library, root, key, target) {
  const log = join(userCacheDirectory(), 'log', `${library.name}-${key}.log`);
  openLog(log);
  await sweepAbandoned(root, key);
  const goesOn = existsSync(join(root, `.work-${key}`)) ? ', goes on from an earlier try' : '';
  try {
    await step(`${library.title}: built once (${library.takes}${goesOn})`, () =>
      build(library, root, key, target, log),
    );
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new StepFailed(
      `Building ${library.title} failed. ${error.message}\nIt needs ${library.needs}. What is compiled is kept: the next try goes on from it.`,
      { cause: error },
    );
  }
}

const isWhole = (prefix) => existsSync(join(prefix, 'key.txt'));

/** Whether the library is built already. */
export function hasPrefix(library, target) {
  return isWhole(join(userCacheDirectory(), library.name, prefixKey(library, target)));
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
  const isThere = () => isWhole(prefix);
  if (isThere()) return prefix;
  await mkdir(root, { recursive: true });
  const release = await lock(library, root, key);
  try {
    if (!isThere()) await buildInStep(library, root, key, target);
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
    process.exitCode = error.exitCode ?? 1;
  }
}
