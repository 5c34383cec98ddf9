/** The inner loops need no more instructions than they did, counted under callgrind. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../process/run.js';

/** valgrind may have to be installed, and runs Node some 30 times slower. */
const TIMEOUT_MS = 10 * 60_000;

const ComparisonSchema = v.array(
  v.object({
    name: v.string(),
    count: v.pipe(v.number(), v.minValue(1000)),
    change: v.nullable(v.number()),
    reason: v.optional(v.string()),
  }),
);

/** A module of bench/, in a process of its own: it may install packages and print. */
function evaluate(source: string): unknown {
  const module = JSON.stringify(join(root, 'bench/instructions.mjs'));
  const program = `const m = await import(${module}); console.log(JSON.stringify(await (${source})));`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  expect(result.stderr).not.toMatch(/Error/);
  expect(result.status).toBe(0);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
}

describe.skipIf(process.platform !== 'linux')('counted under callgrind', () => {
  let comparisons: v.InferOutput<typeof ComparisonSchema>;
  beforeAll(() => {
    comparisons = v.parse(
      ComparisonSchema,
      evaluate('m.compareInstructions(await m.countInstructions(), m.keptInstructions())'),
    );
  }, TIMEOUT_MS);

  test.for(['resize-to-detector', 'warp-to-embedder', 'decode-and-nms'])('%s', (name, { skip }) => {
    const comparison = comparisons.find((entry) => entry.name === name);
    if (comparison === undefined) throw new Error(`${name} was not counted`);
    if (comparison.change === null) {
      console.warn(`${name}: INSTRUCTIONS NOT COMPARED: ${comparison.reason}`);
      skip(comparison.reason);
      return;
    }
    expect(comparison.change).toBeLessThanOrEqual(0.05);
  });
});

test('counts of another compiler are not compared, and it says why', () => {
  const counted = '{ native: { builtBy: "A", counts: { resize: 106, warp: 7 } } }';
  expect(
    evaluate(
      `m.compareInstructions(${counted}, { native: { builtBy: "A", counts: { resize: 100 } } })`,
    ),
  ).toEqual([
    { name: 'resize', count: 106, before: 100, change: expect.closeTo(0.06) },
    { name: 'warp', count: 7, change: null, reason: 'no count is kept' },
  ]);
  expect(
    evaluate(
      `m.compareInstructions(${counted}, { native: { builtBy: "B", counts: { resize: 1 } } })`,
    ),
  ).toContainEqual(
    expect.objectContaining({ change: null, reason: 'this is A, the kept counts are of B' }),
  );
});
