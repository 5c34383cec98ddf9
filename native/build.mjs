// Builds build/Release/mnn_face.node with CMake. Called by `npm run build:native` and, through
// binding.gyp, by node-gyp (`npm install` without a prebuilt addon, `npm rebuild`, prebuildify).
//
//   MNN_ROOT=DIR   use this MNN instead of the pinned one (lib/libMNN.a, include/, schema/)
//
// cmake-js is used where it is installed (it knows Windows' import library); a user's install has
// no need of it elsewhere.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generator, jobs } from './cmake-build.mjs';
import { ensureLibraries } from './libraries.mjs';
import { missingRequirements } from './requirements.mjs';
import { say } from './steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const binaryDirectory = join(root, 'build', 'cmake');
const require = createRequire(import.meta.url);

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (result.error?.code === 'ENOENT') {
    say(
      `${command} was not found. Building mnn-face from source needs ${missingRequirements().join(', ')}.`,
    );
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function cmakeJs() {
  try {
    return require.resolve('cmake-js/bin/cmake-js');
  } catch {
    return undefined;
  }
}

let folders;
try {
  folders = await ensureLibraries();
} catch (error) {
  say(error.message);
  process.exit(error.exitCode ?? 1);
}
const definitions = { CMAKE_BUILD_TYPE: 'Release', ...folders };

// A CMake cache of another checkout or MNN would be reused silently.
rmSync(join(binaryDirectory, 'CMakeCache.txt'), { force: true });

const bin = process.platform === 'win32' ? cmakeJs() : undefined;
if (bin) {
  const flags = Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`);
  run(process.execPath, [bin, 'compile', '--out', binaryDirectory, ...flags]);
} else {
  const flags = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
  const name = generator();
  run('cmake', ['-S', root, '-B', binaryDirectory, ...(name ? ['-G', name] : []), ...flags]);
  run('cmake', ['--build', binaryDirectory, '--parallel', String(jobs())]);
}
