/** bench/calibrate.mjs on lfw10, whose figures are known from bench/lfw10.mjs. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { shared } from '../data.js';

const ReportSchema = v.object({
  pictures: v.number(),
  genuinePairs: v.number(),
  impostorPairs: v.number(),
  auc: v.number(),
  operatingPoints: v.array(v.object({ far: v.number(), tar: v.number(), threshold: v.number() })),
});

test('ten people: pairs, AUC and the threshold of FAR 1 %', { timeout: 300_000 }, () => {
  const script = join(__dirname, '..', '..', 'bench', 'calibrate.mjs');
  const result = spawnSync(process.execPath, [script, join(shared, 'lfw10'), '--json'], {
    encoding: 'utf8',
  });
  expect(result.status, result.stderr).toBe(0);
  const report = v.parse(ReportSchema, JSON.parse(result.stdout.trim().split('\n').at(-1) ?? ''));
  expect(report).toMatchObject({ pictures: 100, genuinePairs: 450, impostorPairs: 4500 });
  expect(report.auc).toBeCloseTo(0.99999, 5);
  // The manifest says 0.74, rounded down; stricter rates would rest on fewer than 30 pairs.
  expect(report.operatingPoints).toHaveLength(1);
  expect(report.operatingPoints[0]).toMatchObject({ far: 0.01, tar: 1 });
  expect(Math.floor(100 * (report.operatingPoints[0]?.threshold ?? 0))).toBe(74);
});
