// Counts the instructions of the inner loops under callgrind, and compares them with those kept in
// instructions.json: a guard against slowness that the noise of a clock would hide.
//
//   node bench/instructions.mjs [--write]     --write: keep the counts of this run
//
// Counts are the same from run to run, but not from compiler to compiler, nor from Node to Node:
// they are compared only with those of the same one.
// Exit codes: 0 no more than kept (or nothing to compare with), 1 more.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installMissing, setUp } from '../scripts/setup.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const keptFile = join(here, 'instructions.json');

/** How many more instructions are no regression. */
export const TOLERANCE = 0.05;

/** Runs in the longer of both counts; the difference is without start-up. */
const RUNS = 10;

/** Interpreted, on one thread and from fixed seeds: the same instructions each time. */
const STEADY_NODE = [
  '--jitless',
  '--single-threaded',
  '--predictable',
  '--hash-seed=1',
  '--random-seed=1',
];

function output(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.error) throw new Error(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Error(`"${command} ${args.join(' ')}" failed:\n${result.stderr}`);
  }
  return result;
}

function collected(command) {
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', ...command];
  const { stderr } = output('valgrind', args);
  const count = Number(/Collected : (\d+)/.exec(stderr)?.[1]);
  if (!Number.isFinite(count)) throw new Error(`callgrind gave no count:\n${stderr}`);
  return count;
}

const perRun = (command) =>
  Math.round((collected([...command, String(RUNS + 1)]) - collected([...command, '1'])) / RUNS);

/** What this machine counts: instructions per run, and what they depend on. */
export async function countInstructions() {
  await setUp();
  await installMissing('valgrind', ['valgrind']);
  const { buildKernels, compiler } = await import('./suite/build-native.mjs');
  const program = buildKernels();
  const names = output(program, []).stdout.trim().split('\n');
  const node = [process.execPath, ...STEADY_NODE, join(here, 'kernels-of-detect.mjs')];
  return {
    native: {
      builtBy: `${output(compiler, ['--version']).stdout.split('\n')[0]}, ${process.arch}`,
      counts: Object.fromEntries(names.map((name) => [name, perRun([program, name])])),
    },
    typescript: {
      builtBy: `Node ${process.version}, ${process.arch}`,
      counts: { 'decode-and-nms': perRun(node) },
    },
  };
}

export const keptInstructions = () => JSON.parse(readFileSync(keptFile, 'utf8'));

/**
 * Each count beside the kept one. `change` is 0.05 for 5 % more; null, with a `reason`, where there
 * is nothing to compare with.
 */
export function compareInstructions(counted, kept) {
  return Object.entries(counted).flatMap(([kind, { builtBy, counts }]) =>
    Object.entries(counts).map(([name, count]) => {
      const before = kept[kind]?.counts[name];
      const same = kept[kind]?.builtBy === builtBy;
      if (same && before !== undefined) return { name, count, before, change: count / before - 1 };
      const reason = same
        ? 'no count is kept'
        : `this is ${builtBy}, the kept counts are of ${kept[kind]?.builtBy}`;
      return { name, count, change: null, reason };
    }),
  );
}

async function main() {
  const counted = await countInstructions();
  if (process.argv.includes('--write')) {
    writeFileSync(keptFile, `${JSON.stringify(counted, null, 2)}\n`);
    console.log(`Kept in bench/instructions.json:\n${JSON.stringify(counted, null, 2)}`);
    return;
  }
  for (const { name, count, before, change, reason } of compareInstructions(
    counted,
    keptInstructions(),
  )) {
    if (change === null) {
      console.log(`${name}: ${count} instructions; NOT COMPARED: ${reason}`);
      continue;
    }
    const percent = `${change < 0 ? '' : '+'}${(100 * change).toFixed(2)} %`;
    console.log(`${name}: ${count} instructions, ${percent} of ${before}`);
    if (change > TOLERANCE) process.exitCode = 1;
    if (change < -TOLERANCE) console.log('  Fewer: keep the new count by --write.');
  }
  if (process.exitCode === 1) console.error('More instructions than the tolerance of 5 % allows.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
