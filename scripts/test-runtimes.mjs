// The package under runtimes other than Node: Bun, from npm. Electron's binary is not on npm, so
// that it is not tried here.
//   npm run test:runtimes
// Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';
import { userCacheDirectory } from './user-cache.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
const BUN = 'bun@1.4.5';

function bun() {
  const folder = join(userCacheDirectory(), 'runtimes', BUN.replace('@', '-'));
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = process.platform === 'win32' ? 'bun.exe' : 'bun';
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const binary = join(folder, 'node_modules', '@oven', `bun-${os}-${arch}`, 'bin', name);
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    // Its install script only copies the binary that comes as a package of its own.
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
    const args = ['install', '--prefix', folder, ...flags, BUN];
    const result = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (result.status !== 0) throw new Error(`"npm ${args.join(' ')}" failed.`);
  }
  return binary;
}

let passed = 0;
let failed = 0;
function check(what, ok, detail) {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}: ${detail}`);
}

const script = join(root, 'test', 'process', 'runtime.cjs');
function results(runtime, file = script) {
  const result = spawnSync(runtime, [file, root, shared], { encoding: 'utf8' });
  if (result.status !== 0) {
    throw new Error(`${runtime} ended with ${result.signal ?? result.status}: ${result.stderr}`);
  }
  return JSON.parse(result.stdout);
}

try {
  await setUp();
  const runtime = bun();
  const there = results(runtime);
  const here = results(process.execPath);
  for (const name of Object.keys(here)) {
    const [a, b] = [here[name], there[name]].map((value) => JSON.stringify(value));
    check(`${BUN}, ${name} as under Node`, a === b, a === b ? b.slice(0, 100) : `${b}, not ${a}`);
  }
  const module = join(root, 'test', 'process', 'runtime-import.mjs');
  check(`${BUN}, import`, results(runtime, module) === 'function', 'createFaces');
} catch (error) {
  check('test:runtimes', false, error.message);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
