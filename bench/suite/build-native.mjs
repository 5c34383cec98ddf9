/** Compiles the C++ programs of native/bench, when they are older than their sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureMnnPrefix } from '../../native/mnn/prefix.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const native = join(root, 'native');

/** The compiler that the programs are built with. */
export const compiler = process.env.CXX ?? 'c++';

/** The addon's own flags (CMakeLists.txt), so that its code is what is measured. */
const FLAGS = ['-std=c++17', '-O3', '-DNDEBUG', '-ffp-contract=off', '-Wall', '-Wextra'];

function newestSource() {
  const files = [native, join(native, 'bench')].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

function compile(name, args) {
  const output = join(root, 'build', 'bench', name);
  if (existsSync(output) && statSync(output).mtimeMs >= newestSource()) return output;
  mkdirSync(dirname(output), { recursive: true });
  const result = spawnSync(compiler, [...FLAGS, ...args, '-o', output], { encoding: 'utf8' });
  if (result.error) throw new Error(`${compiler} could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${name} could not be compiled:\n${result.stderr}`);
  return output;
}

/** The floor: MNN alone. Links the very library that the addon links. */
export async function buildRawMnn() {
  const prefix = process.env.MNN_ROOT ?? (await ensureMnnPrefix());
  return compile('raw_mnn', [
    `-isystem${join(prefix, 'include')}`,
    join(native, 'bench', 'raw_mnn.cc'),
    '-Wl,--whole-archive',
    join(prefix, 'lib', 'libMNN.a'),
    '-Wl,--no-whole-archive',
    '-pthread',
    '-ldl',
  ]);
}
