// How many ARM instructions each detector takes for one picture, counted under qemu: a measure that
// does not depend on this machine. Not a time: it knows nothing of caches and memory.
//   node scripts/cross/instructions.mjs [linux-arm64 | linux-arm]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installMissing } from '../setup.mjs';
import { nodeOfTarget } from './node-of-target.mjs';
import { TARGETS } from './targets.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
const name = process.argv[2] ?? 'linux-arm64';
const target = TARGETS[name];
/** Runs in the shorter and the longer process; the difference has no startup and no loading. */
const TIMES = [1, 4];
const WORKS = [
  'slim-320-quant-admm-50',
  'slim-320',
  'rfb-320-quant-admm-32',
  'rfb-320',
  'yunet',
  'mtcnn',
  'embed',
];

if (target === undefined) {
  console.error(`Unknown target "${name}". Known: ${Object.keys(TARGETS).join(', ')}.`);
  process.exit(1);
}
// The static qemu loads no plugins.
const emulator = target.emulator[0].replace('-static', '');
await installMissing(emulator, ['qemu-user', ...target.packages]);
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-instructions-'));

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.status !== 0) {
    throw new Error(`"${command} ${args.slice(0, 4).join(' ')} …" failed: ${result.stderr}`);
  }
  return result.stderr;
}

function count(work, times) {
  const script = join(root, 'test', 'cross', 'one-detector.cjs');
  const plugin = join(scratch, 'count.so');
  const said = run(emulator, [
    ...target.emulator.slice(1),
    '-plugin',
    plugin,
    nodeOfTarget(target.node),
    '--single-threaded',
    '--jitless',
    script,
    join(scratch, 'package'),
    shared,
    scratch,
    work,
    String(times),
  ]);
  return Number(/instructions: (\d+)/.exec(said)?.[1]);
}

try {
  run('cc', [
    '-shared',
    '-fPIC',
    '-O2',
    '-o',
    join(scratch, 'count.so'),
    join(root, 'scripts', 'cross', 'count-instructions.c'),
  ]);
  for (const part of ['dist', 'models', 'package.json']) {
    cpSync(join(root, part), join(scratch, 'package', part), { recursive: true });
  }
  mkdirSync(join(scratch, 'package', 'prebuilds'), { recursive: true });
  cpSync(join(root, 'prebuilds', name), join(scratch, 'package', 'prebuilds', name), {
    recursive: true,
  });
  symlinkSync(join(root, 'node_modules'), join(scratch, 'package', 'node_modules'));
  run(process.execPath, [join(root, 'test', 'cross', 'decode.cjs'), root, shared, scratch]);
  console.log(`Million instructions for one run on test4.jpg (1080x720), ${name}:`);
  for (const work of WORKS) {
    const [few, many] = TIMES.map((times) => count(work, times));
    const millions = (many - few) / (TIMES[1] - TIMES[0]) / 1e6;
    const label = work === 'embed' ? 'embed (O-Net and MobileFaceNet)' : work;
    console.log(`${label.padEnd(34)}${millions.toFixed(0).padStart(7)}`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
