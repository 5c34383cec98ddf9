/** Priors, decoding, suppression: against numbers worked out by hand or given by the reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeBox, scoresAbove } from '../../src/detect/decode-priors.js';
import { decodeYunet, landmarksOf } from '../../src/detect/decode-yunet.js';
import { clipBox } from '../../src/detect/detector.js';
import { blendNms, hardNms, overlapOf, PLAIN_IOU, REFERENCE_IOU } from '../../src/detect/nms.js';
import { facesOfPriors } from '../../src/detect/prior-detector.js';
import { Priors } from '../../src/detect/priors.js';
import { argsortAsNumpy } from '../../src/detect/reference-order.js';
import { Rows, SCORE, X1, X2, Y1, Y2 } from '../../src/detect/rows.js';
import { wholly } from '../../src/detect/slices.js';

type Corners = [x1: number, y1: number, x2: number, y2: number, score: number, index?: number];

function table(...boxes: Corners[]): Rows {
  const rows = new Rows();
  for (const [i, box] of boxes.entries()) {
    const [x1, y1, x2, y2, score, index = i] = box;
    rows.add([x1, y1, x2, y2, score, index]);
  }
  return rows;
}

describe('priors', () => {
  test.each([
    [320, 240, 4420],
    [480, 360, 9984],
    [640, 480, 17640],
    [1280, 960, 70500],
    // One row of cells per map: 2*1*3 + 1*1*2 + ... by ceil(size / stride).
    [32, 32, 16 * 3 + 4 * 2 + 2 + 3],
  ])('%i x %i has %i', (width, height, count) => {
    expect(new Priors({ width, height }).count).toBe(count);
  });

  const priors = new Priors({ width: 320, height: 240 });

  test('the first, and the first of the last map', () => {
    // (0.5 * 8) / 320, (0.5 * 8) / 240, 10 / 320, 10 / 240
    expect(Object.values(priors.at(0))).toEqual(
      [4 / 320, 4 / 240, 10 / 320, 10 / 240].map(Math.fround),
    );
    // 40*30*3 + 20*15*2 + 10*8*2 priors come before; 256 > 240 is cut to 1.
    const last = 40 * 30 * 3 + 20 * 15 * 2 + 10 * 8 * 2;
    expect(Object.values(priors.at(last))).toEqual(
      [32 / 320, 32 / 240, 128 / 320, 128 / 240].map(Math.fround),
    );
    expect(priors.at(last + 2).height).toBe(1);
  });

  test('cell by cell, row by row, map by map', () => {
    let index = 0;
    for (const [stride, sides] of [
      [8, [10, 16, 24]],
      [16, [32, 48]],
      [32, [64, 96]],
      [64, [128, 192, 256]],
    ] as const) {
      for (let row = 0; row < Math.ceil(240 / stride); row++) {
        for (let column = 0; column < 320 / stride; column++) {
          for (const side of sides) {
            expect(Object.values(priors.at(index++))).toEqual(
              [
                ((column + 0.5) * stride) / 320,
                // The fourth row of the 64-pixel map has its centre at 224 of 240.
                Math.min(1, ((row + 0.5) * stride) / 240),
                side / 320,
                Math.min(1, side / 240),
              ].map(Math.fround),
            );
          }
        }
      }
    }
    expect(index).toBe(4420);
    expect(() => priors.at(4420)).toThrow(RangeError);
  });
});

describe('decoding', () => {
  test('a prior moved and stretched', () => {
    const boxes = Float32Array.of(1, -2, Math.log(2) / 0.2, 0);
    const [x1, y1, x2, y2] = decodeBox(boxes, 0, { x: 0.5, y: 0.25, width: 0.2, height: 0.1 });
    // Centre 0.5 + 1*0.1*0.2, 0.25 - 2*0.1*0.1; size 2*0.2, 1*0.1.
    expect(x1).toBeCloseTo(0.52 - 0.2, 6);
    expect(x2).toBeCloseTo(0.52 + 0.2, 6);
    expect(y1).toBeCloseTo(0.23 - 0.05, 6);
    expect(y2).toBeCloseTo(0.23 + 0.05, 6);
  });

  test('only scores above the threshold; NaN is none', () => {
    const scores = Float32Array.of(0, 0.5, 0, 0.75, 0, Number.NaN);
    const { indexes, scores: passed } = wholly(scoresAbove(scores, 3, 0.5));
    expect([...indexes]).toEqual([1]);
    expect([...passed]).toEqual([0.75]);
  });

  test('a box that is not finite is none', () => {
    const size = { width: 32, height: 32 };
    const scores = new Float32Array(2 * 61);
    scores[1] = 0.9;
    scores[3] = 0.8;
    const boxes = new Float32Array(4 * 61);
    boxes[2] = 1e5;
    const pixels = { data: new Uint8Array(0), width: 100, height: 100 };
    for (const nms of ['hard', 'blend'] as const) {
      const options = { nms, iouThreshold: undefined };
      const found = wholly(facesOfPriors(scores, boxes, size, 0.7, pixels, options));
      expect(found.map(({ score }) => score)).toEqual([expect.closeTo(0.8, 6)]);
    }
  });

  test('yunet: cell, stride and points', () => {
    // A 32x32 input: 16 cells of stride 8, 4 of 16, 1 of 32; one face in cell (1, 2) of stride 8.
    const cells = [16, 4, 1];
    const outputs = cells.flatMap((n) => [
      new Float32Array(n),
      new Float32Array(n),
      new Float32Array(4 * n),
      new Float32Array(10 * n),
    ]) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const at = 2 * 4 + 1;
    outputs[0][at] = 0.81;
    outputs[1][at] = 1;
    outputs[2].set([0.5, 0.25, Math.log(2), 0], 4 * at);
    outputs[3].set([0.5, 0.75], 10 * at);
    const rows = decodeYunet(outputs, 32, 0.7);
    expect(rows.count).toBe(1);
    expect(rows.get(0, SCORE)).toBeCloseTo(0.9, 6);
    expect([X1, Y1, X2, Y2].map((column) => Math.round(rows.get(0, column)))).toEqual([
      4, 14, 20, 22,
    ]);
    expect(landmarksOf(rows, 0)[0]).toEqual([12, 22]);
    expect(landmarksOf(rows, 0)[1]).toEqual([8, 16]);
  });
});

describe('suppression', () => {
  const a: Corners = [0, 0, 10, 10, 0.9];
  const b: Corners = [1, 1, 11, 11, 0.8];
  const c: Corners = [20, 20, 30, 30, 0.95];
  const hard = (rows: Rows, threshold: number, limit = 200) => [
    ...wholly(hardNms(rows, threshold, limit)),
  ];
  const between = (first: Corners, second: Corners, overlap = PLAIN_IOU) => {
    const rows = table(first, second);
    return overlapOf(rows.data, 0, rows.columns, overlap);
  };

  test('IoU', () => {
    expect(between(a, b)).toBeCloseTo(81 / 119, 12);
    expect(between(a, c)).toBe(0);
    expect(between([0, 0, 0, 0, 1], [0, 0, 0, 0, 1], REFERENCE_IOU)).toBe(0);
    // A box turned inside out has no area.
    expect(between([5, 5, 0, 0, 1], a)).toBe(0);
  });

  test('hard: the best of each cluster, best first', () => {
    expect(hard(table(a, b, c), 0.3)).toEqual([2, 0]);
    expect(hard(table(a, b, c), 0.7)).toEqual([2, 0, 1]);
    expect(hard(table(), 0.3)).toEqual([]);
  });

  test('hard: only the best 200 candidates are looked at', () => {
    const many = Array.from(
      { length: 300 },
      (_, i): Corners => [i * 20, 0, i * 20 + 10, 10, 0.7 + i / 1000],
    );
    const kept = hard(table(...many), 0.3);
    expect(kept).toHaveLength(200);
    expect(kept[0]).toBe(299);
    expect(kept[199]).toBe(100);
  });

  test('hard: in each cluster of equal scores the one that numpy’s order puts last', () => {
    expect(hard(table([0, 0, 10, 10, 0.9], [1, 0, 11, 10, 0.9]), 0.3)).toEqual([1]);
  });

  test('blend: the mean weighted by exp(score)', () => {
    const merged = wholly(blendNms(table(a, b, c), 0.3, 100));
    expect(merged.count).toBe(2);
    expect([...merged.row(0)]).toEqual([...c, 2]);
    const weight = Math.exp(0.9) / (Math.exp(0.9) + Math.exp(0.8));
    expect(merged.get(1, X1)).toBeCloseTo(1 - weight, 12);
    expect(merged.get(1, Y2)).toBeCloseTo(11 - weight, 12);
    expect(merged.get(1, SCORE)).toBeCloseTo(0.9 * weight + 0.8 * (1 - weight), 12);
  });

  test('the order of equal values is numpy’s', () => {
    const { cases } = JSON.parse(
      readFileSync(join(__dirname, '../fixtures/argsort.json'), 'utf8'),
    ) as { cases: { values: number[]; order: number[] }[] };
    expect(cases).toHaveLength(9);
    for (const { values, order } of cases) {
      expect([...wholly(argsortAsNumpy(Float64Array.from(values)))]).toEqual(order);
    }
  });
});

test('clipping', () => {
  expect(clipBox({ x: -5, y: 10, width: 20, height: 100 }, 50, 60)).toEqual({
    x: 0,
    y: 10,
    width: 15,
    height: 50,
  });
  expect(clipBox({ x: 70, y: 10, width: 20, height: 10 }, 50, 60).width).toBe(0);
});
