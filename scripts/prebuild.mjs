// Builds the addon of this machine or of a cross target into prebuilds/PLATFORM-ARCHITECTURE/, where
// node-gyp-build looks for it.
//   npm run prebuild [-- --target linux-arm64]
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { GLIBC_FLOOR, glibcOf } from './cross/glibc-symbols.mjs';
import { TARGETS } from './cross/targets.mjs';
import { installMissing, setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const host = `${process.platform}-${process.arch}`;

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.status !== 0) throw new Error(`"${command} ${args.join(' ')}" failed.`);
}

/** The C library of this machine, as node-gyp-build names it. */
function libcOfHost() {
  if (process.platform !== 'linux') return undefined;
  return existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
}

/** The addon's name in its folder, by which node-gyp-build knows whom it is for. */
function addonName(name) {
  if (name !== host) return TARGETS[name].addon;
  const armv = process.arch === 'arm' ? 'armv7' : undefined;
  return ['mnn-face', armv, libcOfHost(), 'node'].filter(Boolean).join('.');
}

async function buildWithCMake(name, floor) {
  const { ensureMnnPrefix } = await import(pathToFileURL(join(root, 'native/mnn/prefix.mjs')).href);
  const { ensureJpegPrefix } = await import(
    pathToFileURL(join(root, 'native/jpeg/prefix.mjs')).href
  );
  const crossTarget = name === host ? undefined : name;
  const prefix = await ensureMnnPrefix(crossTarget);
  const jpegPrefix = await ensureJpegPrefix(crossTarget);
  const binaryDirectory = join(root, 'build', `cmake-${name}`);
  rmSync(join(binaryDirectory, 'CMakeCache.txt'), { force: true });
  const toolchain = join(root, 'native/mnn/toolchains', `${name}.cmake`);
  run('cmake', [
    '-S',
    root,
    '-B',
    binaryDirectory,
    ...(name === host ? [] : [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`]),
    `-DMNN_ROOT=${prefix}`,
    `-DJPEG_ROOT=${jpegPrefix}`,
    `-DADDON_OUTPUT_DIRECTORY=${binaryDirectory}`,
    `-DGLIBC_FLOOR=${floor ? 'ON' : 'OFF'}`,
    '-DCMAKE_BUILD_TYPE=Release',
  ]);
  run('cmake', ['--build', binaryDirectory, '--parallel', '2']);
  return join(binaryDirectory, 'mnn_face.node');
}

/** Builds for this machine or a cross target; gives the path of the addon. */
export async function prebuild(name) {
  const target = TARGETS[name];
  if (name !== host && target === undefined) {
    throw new Error(
      `Unknown target "${name}". Known: ${[host, ...Object.keys(TARGETS)].join(', ')}.`,
    );
  }
  await setUp();
  if (name !== host) await installMissing(target.compiler, target.packages);
  const addon = join(root, 'prebuilds', name, addonName(name));
  const floor = addon.endsWith('.glibc.node');
  // On Windows it takes cmake-js, which setUp() has used already.
  const built =
    process.platform === 'win32'
      ? join(root, 'build/Release/mnn_face.node')
      : await buildWithCMake(name, floor);
  if (floor) {
    const { version, symbols, ok } = glibcOf(built);
    if (!ok) {
      throw new Error(
        `The addon needs glibc ${version} (${symbols.join(', ')}); prebuilt ones must run on ${GLIBC_FLOOR}. ` +
          'Bind these symbols to an older version in native/glibc_floor.cc.',
      );
    }
  }
  // A name of before would still be found.
  rmSync(join(root, 'prebuilds', name), { recursive: true, force: true });
  mkdirSync(dirname(addon), { recursive: true });
  copyFileSync(built, addon);
  return addon;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { target: { type: 'string' } } });
  try {
    console.log(await prebuild(values.target ?? host));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
