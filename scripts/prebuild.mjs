// Cross-builds the addon: prebuilds/TARGET/mnn-face.node, where node-gyp-build looks for it.
//   npm run prebuild -- --target linux-arm64
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { TARGETS } from './cross/targets.mjs';
import { installMissing, setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.status !== 0) throw new Error(`"${command} ${args.join(' ')}" failed.`);
}

/** Builds for a target; gives the path of the addon. */
export async function prebuild(name) {
  const target = TARGETS[name];
  if (target === undefined) {
    throw new Error(`Unknown target "${name}". Known: ${Object.keys(TARGETS).join(', ')}.`);
  }
  await setUp();
  installMissing(target.compiler, target.packages);
  const { ensureMnnPrefix } = await import(pathToFileURL(join(root, 'native/mnn/prefix.mjs')).href);
  const { ensureJpegPrefix } = await import(
    pathToFileURL(join(root, 'native/jpeg/prefix.mjs')).href
  );
  const prefix = await ensureMnnPrefix(name);
  const jpegPrefix = await ensureJpegPrefix(name);
  const binaryDirectory = join(root, 'build', `cmake-${name}`);
  const output = join(root, 'prebuilds', name);
  rmSync(join(binaryDirectory, 'CMakeCache.txt'), { force: true });
  mkdirSync(output, { recursive: true });
  run('cmake', [
    '-S',
    root,
    '-B',
    binaryDirectory,
    `-DCMAKE_TOOLCHAIN_FILE=${join(root, 'native/mnn/toolchains', `${name}.cmake`)}`,
    `-DMNN_ROOT=${prefix}`,
    `-DJPEG_ROOT=${jpegPrefix}`,
    `-DADDON_OUTPUT_DIRECTORY=${binaryDirectory}`,
    '-DCMAKE_BUILD_TYPE=Release',
  ]);
  run('cmake', ['--build', binaryDirectory, '--parallel', '2']);
  const addon = join(output, 'mnn-face.node');
  copyFileSync(join(binaryDirectory, 'mnn_face.node'), addon);
  return addon;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { target: { type: 'string' } } });
  try {
    console.log(await prebuild(values.target ?? ''));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
