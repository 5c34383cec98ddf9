/** The smoke suite on this Node and on the other supported majors. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shared } from '../data.js';
import { root } from '../process/run.js';

const run = (binary: string) =>
  spawnSync(binary, [join(root, 'test/process/smoke.cjs'), shared], {
    encoding: 'utf8',
    timeout: 120_000,
  });

test('this Node', () => {
  const result = run(process.execPath);
  expect(result.status, result.stderr).toBe(0);
});

test.each(['20', '22', '24'])('Node %s', { timeout: 240_000 }, (major) => {
  const found = spawnSync(process.execPath, [join(root, 'scripts/node-versions.mjs'), major], {
    encoding: 'utf8',
  });
  expect(found.status, found.stderr).toBe(0);
  const result = run(found.stdout.trim());
  expect(result.status, result.stderr).toBe(0);
  expect(result.stdout).toContain(`ok on Node v${major}.`);
});
