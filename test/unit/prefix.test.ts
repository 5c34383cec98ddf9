/**
 * The cache of the built MNN: built once, whole or not at all. The real build takes minutes and is
 * what every other test stands on; here a stand-in for cargo shows the locking.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../process/run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-prefix-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A cargo that writes a line, waits, and leaves what build.rs would. */
function fakeCargo(seconds: number, exit = 0): void {
  writeFileSync(
    join(folder, 'cargo'),
    `#!/bin/sh
echo built >> ${folder}/builds
mkdir -p "$MNN_PREFIX_OUT/lib"
echo half > "$MNN_PREFIX_OUT/lib/libMNN.a"
sleep ${seconds}
echo whole > "$MNN_PREFIX_OUT/lib/libMNN.a"
exit ${exit}
`,
  );
  chmodSync(join(folder, 'cargo'), 0o755);
}

function start(): ChildProcess & { output: string } {
  const child = spawn(process.execPath, [join(root, 'native/mnn/prefix.mjs')], {
    env: {
      ...process.env,
      MNN_FACE_CACHE: folder,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  }) as ChildProcess & { output: string };
  child.output = '';
  child.stdout?.on('data', (chunk) => {
    child.output += chunk;
  });
  return child;
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
const builds = () =>
  existsSync(join(folder, 'builds'))
    ? readFileSync(join(folder, 'builds'), 'utf8').split('\n').length - 1
    : 0;
const left = () => readdirSync(join(folder, 'mnn'));

test('three at once build once and get the same folder', async () => {
  fakeCargo(1);
  const children = [start(), start(), start()];
  expect(await Promise.all(children.map(exited))).toEqual([0, 0, 0]);
  expect(builds()).toBe(1);
  const prefixes = new Set(children.map(({ output }) => output.trim()));
  expect(prefixes.size).toBe(1);
  const [prefix] = prefixes;
  expect(readFileSync(join(prefix as string, 'lib', 'libMNN.a'), 'utf8')).toBe('whole\n');
  expect(left()).toHaveLength(1);
  // And a later one does not build at all.
  expect(await exited(start())).toBe(0);
  expect(builds()).toBe(1);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing half-made', async (signal) => {
  fakeCargo(30);
  const child = start();
  while (builds() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill(signal);
  expect(await exited(child)).not.toBe(0);
  expect(left().filter((name) => !name.endsWith('.lock'))).toEqual([]);
  fakeCargo(0);
  expect(await exited(start())).toBe(0);
});

test('a build that fails says so and leaves nothing', async () => {
  fakeCargo(0, 101);
  const child = start();
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  expect(await exited(child)).toBe(1);
  expect(stderr).toMatch(/Building MNN failed \(cargo: exit 101\)/);
  expect(left()).toEqual([]);
});
