/** Suppression by place: the same boxes as comparing each with all, with far fewer comparisons. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bestFirst, bestRows, descending } from '../../src/detect/best-first.js';
import {
  blendNms,
  hardNms,
  INNER_OVERLAP,
  type Overlap,
  overlapOf,
  PIXEL_IOU,
  PLAIN_IOU,
  REFERENCE_IOU,
  suppress,
} from '../../src/detect/nms.js';
import { argsortAsNumpy } from '../../src/detect/reference-order.js';
import { Rows, SCORE, X1, Y2 } from '../../src/detect/rows.js';
import { type Sliced, wholly } from '../../src/detect/slices.js';

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One that is compared with all that are kept. */
function quadratic(rows: Rows, order: Int32Array, threshold: number, overlap: Overlap): number[] {
  const kept: number[] = [];
  for (const row of order) {
    const covers = (better: number) =>
      overlapOf(rows.data, better * rows.columns, row * rows.columns, overlap) > threshold;
    if (!kept.some(covers)) kept.push(row);
  }
  return kept;
}

/** The clusters of the C++ demo, by comparing the best box with all that are left. */
function quadraticBlend(rows: Rows, threshold: number): number[][] {
  let rest = [...wholly(bestFirst(rows))];
  const clusters: number[][] = [];
  while (rest.length > 0) {
    const best = rest[0] as number;
    const joins = (row: number) =>
      row === best ||
      overlapOf(rows.data, best * rows.columns, row * rows.columns, PIXEL_IOU) > threshold;
    clusters.push(rest.filter(joins));
    rest = rest.filter((row) => !joins(row));
  }
  return clusters;
}

type MakeBox = (random: () => number) => [x: number, y: number, width: number, height: number];

const KINDS: Record<string, MakeBox> = {
  'of one size on a grid': (random) => {
    const [x, y] = [Math.floor(random() * 40), Math.floor(random() * 40)];
    return [x * 4, y * 4, 20, 20];
  },
  'of many sizes': (random) => {
    const side = 2 ** (random() * 9);
    return [random() * 500, random() * 500, side, side * (0.5 + random())];
  },
  'long and thin': (random) =>
    random() < 0.5
      ? [random() * 200, random() * 200, 300 * random(), 1]
      : [random() * 200, random() * 200, 1, 300 * random()],
  'in units of the picture': (random) => {
    const side = 0.01 + random() ** 3;
    return [random() - 0.1, random() - 0.1, side, side];
  },
  'around one place': (random) => [random() * 5, random() * 5, 50 + random() * 5, 50],
  'empty, inside out, tiny, huge, far away': (random) => {
    const size = [0, -1, -0.5, -30, 1e-30, 1e-9, 1, 1e12, 2 ** 70][Math.floor(random() * 9)] ?? 0;
    const place = [0, 1, -3.5, 1e9, -1e15, 2 ** 62][Math.floor(random() * 6)] ?? 0;
    return [place + random(), place, size, random() < 0.5 ? size : 10];
  },
};

function makeRows(kind: string, count: number, seed: number): Rows {
  const random = seeded(seed);
  const rows = new Rows();
  const makeBox = KINDS[kind] as MakeBox;
  for (let i = 0; i < count; i++) {
    const [x, y, width, height] = makeBox(random);
    // Every other score is one of eight, so that many are equal.
    const score = i % 2 === 0 ? random() : Math.floor(random() * 8) / 8;
    rows.add([x, y, x + width, y + height, score, i]);
  }
  return rows;
}

const MEASURES = { REFERENCE_IOU, PLAIN_IOU, PIXEL_IOU, INNER_OVERLAP };
const THRESHOLDS = [0, 0.05, 0.25, 0.3, 0.5, 0.7, 0.95, 1];

describe.each(Object.keys(KINDS))('boxes %s', (kind) => {
  test.each(Object.entries(MEASURES))('hard, by %s', (_, overlap) => {
    for (const [i, threshold] of THRESHOLDS.entries()) {
      const rows = makeRows(kind, 400 + i, i + 1);
      const order = wholly(bestFirst(rows));
      const kept = [...wholly(suppress(rows, order, threshold, overlap))];
      expect(kept).toEqual(quadratic(rows, order, threshold, overlap));
    }
  });

  test('blend', () => {
    for (const [i, threshold] of THRESHOLDS.entries()) {
      const rows = makeRows(kind, 300 + i, i + 1);
      const merged = wholly(blendNms(rows, threshold, rows.count));
      const clusters = quadraticBlend(rows, threshold);
      expect(merged.count).toBe(clusters.length);
      for (const [k, cluster] of clusters.entries()) {
        const weights = cluster.map((row) => Math.exp(rows.get(row, SCORE)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let column = X1; column <= SCORE; column++) {
          let mean = 0;
          for (const [j, row] of cluster.entries()) {
            mean += rows.get(row, column) * ((weights[j] as number) / total);
          }
          expect(merged.get(k, column)).toBe(mean);
        }
        expect(merged.get(k, Y2 + 2)).toBe(cluster[0]);
      }
    }
  });
});

describe('work', () => {
  /** Boxes of 20 x 20 every 4 pixels, as P-Net gives them on a wall of faces. */
  function wall(side: number): Rows {
    const random = seeded(7);
    const rows = new Rows();
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        rows.add([4 * x, 4 * y, 4 * x + 20, 4 * y + 20, random(), rows.count]);
      }
    }
    return rows;
  }

  const comparisons = (run: (rows: Rows, work: { comparisons: number }) => Sliced<unknown>) =>
    [50, 100, 200].map((side) => {
      const rows = wall(side);
      const work = { comparisons: 0 };
      wholly(run(rows, work));
      return work.comparisons / rows.count;
    });

  // All with all that are kept: at 40,000 boxes 1,000 and more a box.
  test.each(Object.entries(MEASURES))('of hard suppression grows with the boxes, by %s', (_, o) => {
    for (const each of comparisons((rows, work) => hardNms(rows, 0.5, rows.count, o, work))) {
      expect(each).toBeLessThan(80);
    }
  });

  test('of blending too', () => {
    for (const each of comparisons((rows, work) => blendNms(rows, 0.5, rows.count, work))) {
      expect(each).toBeLessThan(80);
    }
  });

  test('is put down often', () => {
    const rows = wall(200);
    for (const work of [
      hardNms(rows, 0.9, rows.count),
      blendNms(rows, 0.9, rows.count),
      bestFirst(rows),
      argsortAsNumpy(rows.column(SCORE)),
    ]) {
      let pauses = 0;
      while (!work.next().done) pauses++;
      expect(pauses).toBeGreaterThan(15);
    }
  });
});

describe('order', () => {
  test('numpy’s for a sequence that quicksort splits badly, which its heapsort ends', () => {
    const half = 1024;
    const values = new Float64Array(2 * half);
    for (let i = 1; i <= half; i++) {
      if (i % 2 === 1) {
        values[i - 1] = Math.floor(i / 3);
        values[i] = Math.floor((i + half) / 3);
      }
      values[half + i - 1] = Math.floor((2 * i) / 3);
    }
    const order = wholly(argsortAsNumpy(values)).join(',');
    // np.argsort of the same values as float32, numpy 2.4.6 with its AVX kernels switched off.
    expect(createHash('sha256').update(order).digest('hex')).toBe(
      'f6d70165e518ddbf25cfe0bf76ae5687428a442937186853c403f8001ffddc87',
    );
  });

  test.each([0, 1, 5, 2048, 2049, 10_000])('%i values descending, stable', (count) => {
    const random = seeded(count + 1);
    const values = Float64Array.from({ length: count }, () => Math.floor(random() * 50));
    const expected = Array.from(values.keys()).sort(
      (a, b) => (values[b] as number) - (values[a] as number),
    );
    expect([...wholly(descending(values))]).toEqual(expected);
  });

  test('best first: of equal scores the lower index first, wherever it stands', () => {
    const rows = makeRows('of many sizes', 5000, 3);
    const shuffled = rows.pick(wholly(descending(rows.column(X1))));
    expect([...wholly(bestFirst(shuffled))].map((row) => shuffled.get(row, 5))).toEqual([
      ...wholly(bestFirst(rows)),
    ]);
  });

  test('of too many rows the best are left, in their order', () => {
    const rows = makeRows('of many sizes', 5000, 4);
    const best = wholly(bestRows(rows, 100));
    const expected = [...wholly(bestFirst(rows))].slice(0, 100).sort((a, b) => a - b);
    expect([...best.column(5)]).toEqual(expected);
    expect(wholly(bestRows(rows, 5000))).toBe(rows);
  });
});
