/** `npm run bench` yields a whole document; its figures are not judged here. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { root } from '../process/run.js';

const TIMEOUT_MS = 5 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-bench-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bench/suite/main.mjs'), ...args], {
    cwd: scratch,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, INIT_CWD: scratch },
  });
}

const positive = v.pipe(v.number(), v.minValue(0));
const spread = v.pipe(
  v.object({ runs: positive, min: positive, median: positive, p95: positive }),
  v.check(({ min, median, p95 }) => min <= median && median <= p95, 'min <= median <= p95'),
);
const samples = v.array(positive);
const ReportSchema = v.object({
  format: v.literal(1),
  machine: v.object({ cpu: v.string(), cores: positive, node: v.literal(process.version) }),
  contenders: v.array(
    v.object({ id: v.string(), what: v.string(), leftOut: v.nullable(v.string()) }),
  ),
  tasks: v.record(
    v.string(),
    v.record(
      v.string(),
      v.intersect([
        spread,
        v.object({ samples, cpu: v.optional(spread), check: v.optional(v.any()) }),
      ]),
    ),
  ),
  throughput: v.array(v.object({ id: v.string(), cores: positive, perSecond: spread })),
  cold: v.record(v.string(), v.object({ milliseconds: spread })),
  eventLoop: v.object({ p99: positive, ticks: positive }),
  sizes: v.object({ addon: positive, weights: positive, tarball: positive }),
  targets: v.array(
    v.object({
      id: v.string(),
      measured: v.nullable(v.number()),
      cpu: v.nullable(v.number()),
      passed: v.nullable(v.boolean()),
    }),
  ),
});

test(
  'a quick run of two contenders writes a document and both pages',
  () => {
    const files = ['--json', 'r.json', '--html', 'r.html', '--markdown', 'r.md'];
    const result = bench('--quick', '--only', 'mnn-face,raw', ...files);
    expect(result.stderr).not.toMatch(/failed|left out/);
    expect(result.status).toBe(0);
    const read = (name: string) => readFileSync(join(scratch, name), 'utf8');
    const report = v.parse(ReportSchema, JSON.parse(read('r.json')));

    expect(Object.keys(report.tasks)).toEqual(['detect', 'embed', 'verify', 'cached']);
    expect(Object.keys(report.tasks.detect ?? {})).toEqual(['mnn-face', 'raw']);
    // The work was done: test4.jpg has a face, and it is that of test5.jpg.
    expect(report.tasks.detect?.['mnn-face']?.check).toEqual({ faces: 1 });
    expect(report.tasks.verify?.['mnn-face']?.check).toEqual({
      distance: expect.closeTo(0.268, 3),
    });
    expect(report.tasks.verify?.['mnn-face']?.samples).toHaveLength(6);
    const target = (id: string) => report.targets.find((entry) => entry.id === id);
    const ratio =
      (report.tasks.detect?.['mnn-face']?.median ?? Number.NaN) /
      (report.tasks.detect?.raw?.median ?? Number.NaN);
    expect(target('detect-floor')).toMatchObject({ measured: ratio, passed: ratio <= 1.15 });
    expect(target('verify-human')).toMatchObject({ measured: null, passed: null });
    expect(report.contenders.find(({ id }) => id === 'human')?.leftOut).toMatch(/not asked for/);

    const html = read('r.html');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/(src|href)=/);
    expect(read('r.md')).toContain('| detect in memory, as a multiple of raw C++ MNN | ≤ 1.15 × |');
    // Nothing of this machine but what a reader needs.
    for (const text of [read('r.json'), html, read('r.md')]) expect(text).not.toContain(root);
  },
  TIMEOUT_MS,
);

test('an unknown contender is bad use', () => {
  const result = bench('--only', 'mnn-face,nobody');
  expect(result.status).toBe(2);
  expect(result.stderr).toContain('"nobody" is none of mnn-face, raw, python');
});
