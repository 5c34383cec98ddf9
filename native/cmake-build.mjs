// One CMake build of a library, in a folder that outlives a failure: the next try compiles only what
// is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { Interrupted, runLogged } from './steps.mjs';

/** What one compiler may take, by MNN's largest source file with some room. */
const MEMORY_PER_JOB = 1e9;

/** How many compilers run at once: one a core, fewer where memory is short. */
export function jobs() {
  const wanted = Number(process.env.CMAKE_BUILD_PARALLEL_LEVEL);
  if (Number.isInteger(wanted) && wanted > 0) return wanted;
  // Elsewhere "available" leaves out what the system would give back from its caches.
  const linux = process.platform === 'linux';
  const free = linux ? (process.availableMemory?.() ?? freemem()) : totalmem() / 2;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(free / MEMORY_PER_JOB)));
}

/** Ninja where it is there: it starts fewer processes, and it knows a file that it did not finish. */
export function generator() {
  if (process.env.CMAKE_GENERATOR || process.platform === 'win32') return undefined;
  return spawnSync('ninja', ['--version']).status === 0 ? 'Ninja' : undefined;
}

/**
 * After a build that was killed together with its Node, its compilers may still be at work, and
 * make takes a half-written object file for a whole one.
 */
async function recover(marker, build, name) {
  if (!existsSync(marker)) return;
  const group = Number(readFileSync(marker, 'utf8'));
  // Only Linux tells whether the process is still the same.
  const isAlive = () => {
    try {
      return readlinkSync(`/proc/${group}/cwd`) === build;
    } catch {
      return false;
    }
  };
  if (isAlive()) process.kill(-group, 'SIGTERM');
  while (isAlive()) await wait(100);
  if (name !== 'Ninja') rmSync(build, { recursive: true, force: true });
}

/** Configures and builds one target; gives the build folder. */
export async function buildWithCMake({ sources, work, toolchain, definitions, target, log }) {
  const name = generator();
  const build = join(work, `build-${name ?? process.env.CMAKE_GENERATOR ?? 'default'}`);
  const marker = join(work, 'running');
  await recover(marker, build, name);
  const flags = Object.entries({ CMAKE_BUILD_TYPE: 'Release', ...definitions });
  try {
    await runLogged(
      'cmake',
      [
        ...['-S', sources, '-B', build],
        ...(name ? ['-G', name] : []),
        `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`,
        ...flags.map(([key, value]) => `-D${key}=${value}`),
      ],
      // DESTDIR of a packager would move what is built.
      { log, env: { ...process.env, DESTDIR: '' } },
    );
  } catch (error) {
    // It would remember that a tool was missing.
    rmSync(join(build, 'CMakeCache.txt'), { force: true });
    throw error;
  }
  const args = ['--build', build, '--config', 'Release', '--target', target];
  let ended = true;
  try {
    await runLogged('cmake', [...args, '--parallel', String(jobs())], {
      log,
      cwd: build,
      started: ({ pid }) => writeFileSync(marker, String(pid)),
    });
  } catch (error) {
    ended = !(error instanceof Interrupted && error.byForce);
    throw error;
  } finally {
    if (ended) rmSync(marker, { force: true });
  }
  return build;
}
