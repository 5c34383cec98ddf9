/** The native search against its definition, and its arguments. */
import { describe, expect, test } from 'vitest';
import { native, type SearchJob } from '../../src/native.js';
import { numbers, unit } from '../vectors.js';

const BLOCK_ROWS = 64;

/** Rows of unit vectors in blocks, with `subjects` subjects. */
function matrix(rows: number, dimension: number, subjects: number, seed = 1) {
  const next = numbers(seed);
  const count = Math.ceil(rows / BLOCK_ROWS);
  const blocks = Array.from({ length: count }, () => new Float32Array(BLOCK_ROWS * dimension));
  const owners = Array.from({ length: count }, () => new Int32Array(BLOCK_ROWS));
  for (let row = 0; row < rows; row++) {
    blocks[Math.floor(row / BLOCK_ROWS)]?.set(
      unit(dimension, seed * 100_000 + row),
      (row % BLOCK_ROWS) * dimension,
    );
    const owner = owners[Math.floor(row / BLOCK_ROWS)] as Int32Array;
    owner[row % BLOCK_ROWS] = Math.floor(next() * subjects);
  }
  return { blocks, subjects: owners, rows, blockRows: BLOCK_ROWS };
}

type Matrix = ReturnType<typeof matrix>;

function job(of: Matrix, probe: Float32Array, more: Partial<SearchJob> = {}): SearchJob {
  const whole = { ...of, probe, count: 10, distinct: true, kernels: 'best' as const, ...more };
  for (const array of [...whole.blocks, ...whole.subjects, ...(whole.scales ?? [])]) {
    native().hold(array);
  }
  return whole;
}

/** By the definition, in double precision. */
function bruteForce({ blocks, subjects, rows }: Matrix, probe: Float32Array, distinct: boolean) {
  const all = Array.from({ length: rows }, (_, row) => {
    const block = blocks[Math.floor(row / BLOCK_ROWS)] as Float32Array;
    const at = (row % BLOCK_ROWS) * probe.length;
    const score = probe.reduce((sum, x, i) => sum + x * (block[at + i] as number), 0);
    const subject = subjects[Math.floor(row / BLOCK_ROWS)]?.[row % BLOCK_ROWS] as number;
    return { row, score, subject };
  })
    .filter(({ subject }) => subject >= 0)
    .sort((a, b) => b.score - a.score || a.row - b.row);
  const seen = new Set<number>();
  return all.filter(({ subject }) => {
    if (distinct && seen.has(subject)) return false;
    seen.add(subject);
    return true;
  });
}

/** To 8 bits, as a gallery does it. */
function quantised(of: Matrix, dimension: number) {
  const scales = of.blocks.map(() => new Float32Array(BLOCK_ROWS));
  const blocks = of.blocks.map((block, b) => {
    const bytes = new Int8Array(block.length);
    for (let row = 0; row < BLOCK_ROWS; row++) {
      const values = block.subarray(row * dimension, (row + 1) * dimension);
      const scale = Math.max(...values.map(Math.abs)) / 127 || 1;
      (scales[b] as Float32Array)[row] = scale;
      bytes.set(
        Array.from(values, (value) => Math.round(value / scale)),
        row * dimension,
      );
    }
    return bytes;
  });
  return { blocks, scales };
}

// Lengths with and without a rest after whole vectors of 4, 8, 16 and 32 values.
const DIMENSIONS = [1, 3, 8, 31, 32, 33, 100, 128, 129, 512, 2048];

test.each(DIMENSIONS)('%d values: the best are those of the definition', async (dimension) => {
  const of = matrix(300, dimension, 40);
  for (const distinct of [true, false]) {
    for (const kernels of ['best', 'scalar'] as const) {
      const probe = unit(dimension, 7);
      const { rows, scores } = await native().search(job(of, probe, { distinct, kernels }));
      const wanted = bruteForce(of, probe, distinct).slice(0, 10);
      expect(rows).toHaveLength(wanted.length);
      for (const [i, { score, row }] of wanted.entries()) {
        expect(Math.abs((scores[i] as number) - score)).toBeLessThan(1e-6);
        // One value has but two directions: ties, of which rounding decides.
        if (dimension > 1) expect(rows[i]).toBe(row);
      }
    }
  }
});

test.each(DIMENSIONS)('%d values: vector code equals scalar code', async (dimension) => {
  const of = matrix(200, dimension, 200, 3);
  const whole = { count: 200, distinct: false };
  const bytes = quantised(of, dimension);
  for (const seed of [1, 2, 3]) {
    const probe = unit(dimension, seed);
    const byRow = async (more: Partial<SearchJob>) => {
      const { rows, scores } = await native().search(job(of, probe, { ...whole, ...more }));
      const sorted = new Float32Array(200);
      for (const [i, row] of rows.entries()) sorted[row] = scores[i] as number;
      return sorted;
    };
    const [best, scalar] = [await byRow({}), await byRow({ kernels: 'scalar' })];
    for (const [i, score] of best.entries()) {
      expect(Math.abs(score - (scalar[i] as number))).toBeLessThan(1e-6);
    }
    // Integers: the same bits.
    const [best8, scalar8] = [await byRow(bytes), await byRow({ ...bytes, kernels: 'scalar' })];
    expect(best8).toEqual(scalar8);
    if (dimension >= 31) {
      for (const [i, score] of best8.entries()) {
        expect(Math.abs(score - (scalar[i] as number))).toBeLessThan(0.02);
      }
    }
  }
});

describe('what counts', () => {
  test('removed rows and rows beyond the end do not; equal scores: the lower row', async () => {
    const of = matrix(100, 8, 1000);
    const probe = unit(8, 5);
    of.blocks[0]?.set(probe, 3 * 8);
    of.blocks[1]?.set(probe, 30 * 8);
    of.blocks[1]?.set(probe, 40 * 8);
    expect((await native().search(job(of, probe, { count: 2 }))).rows).toEqual(
      Uint32Array.of(3, 94),
    );
    (of.subjects[0] as Int32Array)[3] = -1;
    expect((await native().search(job(of, probe, { count: 1 }))).rows).toEqual(Uint32Array.of(94));
    of.rows = 90;
    const wanted = bruteForce(of, probe, true)[0]?.row;
    expect((await native().search(job(of, probe, { count: 1 }))).rows[0]).toBe(wanted);
  });

  test('as many as there are, in many small prunings', async () => {
    const of = matrix(3000, 4, 500);
    for (const count of [1, 2, 3, 17, 499, 500, 501, 3000]) {
      const probe = unit(4, count);
      const { rows } = await native().search(job(of, probe, { count }));
      const wanted = bruteForce(of, probe, true).slice(0, count);
      expect(rows).toHaveLength(wanted.length);
      expect([...rows].slice(0, 5)).toEqual(wanted.slice(0, 5).map(({ row }) => row));
    }
  });

  test('an empty matrix gives nothing; damaged rows are never found', async () => {
    const none = { blocks: [], subjects: [], rows: 0 };
    const { rows } = await native().search(job(matrix(1, 8, 1), unit(8, 1), none));
    expect(rows).toHaveLength(0);
    const of = matrix(2, 8, 100);
    of.blocks[0]?.fill(Number.NaN, 0, 8);
    expect((await native().search(job(of, unit(8, 1)))).rows).toEqual(Uint32Array.of(1));
  });

  test('many searches at once, over memory that JavaScript has let go of', async () => {
    const probes = Array.from({ length: 50 }, (_, i) => unit(128, i));
    const wanted = probes.map((probe) => bruteForce(matrix(200, 128, 30), probe, true)[0]?.row);
    const found = await Promise.all(
      probes.map((probe) => native().search(job(matrix(200, 128, 30), probe))),
    );
    expect(found.map(({ rows }) => rows[0])).toEqual(wanted);
  });
});

describe('wrong arguments', () => {
  const of = matrix(100, 8, 10);
  const floats = (length: number) => new Float32Array(length);
  test.each<[string, unknown]>([
    ['no job', undefined],
    ['a probe that is a list', { ...job(of, unit(8, 1)), probe: [1, 2] }],
    ['an empty probe', job(of, floats(0))],
    ['an infinite probe', job(of, floats(8).fill(Number.POSITIVE_INFINITY))],
    ['a probe of another length', job(of, unit(9, 1))],
    ['more rows than blocks hold', job(of, unit(8, 1), { rows: 129 })],
    ['a block that is too short', job(of, unit(8, 1), { blocks: [floats(64 * 8), floats(8)] })],
    ['a block of doubles', job(of, unit(8, 1), { blocks: [new Float64Array(512) as never] })],
    ['bytes without scales', job(of, unit(8, 1), { blocks: [new Int8Array(512)], rows: 1 })],
    ['too few subjects', job(of, unit(8, 1), { subjects: [new Int32Array(64)] })],
    ['subjects of floats', job(of, unit(8, 1), { subjects: [floats(64), floats(64)] as never })],
    ['too few scales', job(of, unit(8, 1), { ...quantised(of, 8), scales: [] })],
    ['no count', job(of, unit(8, 1), { count: 0 })],
    ['distinct that is a number', job(of, unit(8, 1), { distinct: 1 as never })],
    [
      'blocks that are not held',
      { ...job(of, unit(8, 1)), blocks: of.blocks.map((b) => b.slice()) },
    ],
    ['unknown kernels', job(of, unit(8, 1), { kernels: 'sse' as never })],
  ])('%s', (_, value) => {
    expect(() => native().search(value as SearchJob)).toThrow(/must/);
  });
});
