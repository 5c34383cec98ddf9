/** Compiles the C++ programs of native/bench, when they are older than their sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
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

/** The headers that a file and those of ours it includes name, except ours. */
function foreignIncludes(path, seen = new Set()) {
  if (seen.has(path)) return [];
  seen.add(path);
  if (!existsSync(path)) return [path]; // another library's, in quotes
  const lines = readFileSync(path, 'utf8').matchAll(/^#include (?:"(.+)"|<(.+)>)/gm);
  return [...lines].flatMap(([, own, foreign]) =>
    own === undefined ? [foreign] : foreignIncludes(join(dirname(path), own), seen),
  );
}

/** Standard C++ or the compiler's own vector instructions: no Node, no MNN, no other library. */
const isPlain = (header) => /^([a-z_0-9]+|[a-z0-9]+intrin\.h|arm_neon\.h)$/.test(header);

/** The kernels of native/image, with all of the addon's files that need nothing but C++. */
export function buildKernels() {
  const sources = readdirSync(native)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(native, name))
    .filter((path) => foreignIncludes(path).every(isPlain));
  return compile('kernels', [join(native, 'bench', 'kernels.cc'), ...sources]);
}
