// Runs the pipeline on a cross target under qemu and compares it with this machine's.
//   npm run test:arm64 | test:armv7 | test:plain-cpu
// Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { compareRuns } from './cross/compare-runs.mjs';
import { nodeOfTarget } from './cross/node-of-target.mjs';
import { LESSER_CPUS, TARGETS } from './cross/targets.mjs';
import { prebuild } from './prebuild.mjs';
import { installMissing } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const name = process.argv[2] ?? '';

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (result.status !== 0)
    throw new Error(`"${command} ${args.join(' ')}" failed (${result.signal ?? result.status}).`);
}

const lesser = LESSER_CPUS[name];
if (lesser && process.arch !== 'x64') {
  console.error(`${name} is a CPU of x64; this machine is ${process.arch}.`);
  process.exit(1);
}
const addon = await prebuild(lesser ? `${process.platform}-${process.arch}` : name);
const target = lesser ?? TARGETS[name];
await installMissing(target.emulator[0], target.packages);
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-cross-'));
try {
  // A package with the target's addon only.
  for (const part of ['dist', 'models', 'package.json']) {
    cpSync(join(root, part), join(scratch, 'package', part), { recursive: true });
  }
  mkdirSync(join(scratch, 'package', 'build', 'Release'), { recursive: true });
  cpSync(addon, join(scratch, 'package', 'build', 'Release', 'mnn_face.node'));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'package', 'node_modules'));
  const script = join(root, 'test', 'cross', 'pipeline.cjs');
  const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
  run(process.execPath, [join(root, 'test', 'cross', 'decode.cjs'), root, shared, scratch]);
  run(process.execPath, [script, root, shared, scratch, join(scratch, 'here.json')]);
  console.log(`Running under ${target.emulator[0]} …`);
  const node = target.node ? nodeOfTarget(target.node) : process.execPath;
  const [emulator, ...flags] = target.emulator;
  run(emulator, [
    ...flags,
    node,
    script,
    join(scratch, 'package'),
    shared,
    scratch,
    join(scratch, 'there.json'),
  ]);
  const read = (file) => JSON.parse(readFileSync(join(scratch, file), 'utf8'));
  const checks = compareRuns(read('here.json'), read('there.json'));
  for (const { what, ok, detail } of checks)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}: ${detail}`);
  const failed = checks.filter(({ ok }) => !ok).length;
  console.log(`\n${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
