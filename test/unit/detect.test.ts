/** Priors, decoding, suppression: against numbers worked out by hand or given by the reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../src/detect/candidates.js';
import { decodePriors } from '../../src/detect/decode-priors.js';
import { clipBox } from '../../src/detect/detector.js';
import { blendNms, hardNms, iou } from '../../src/detect/nms.js';
import { makePriors } from '../../src/detect/priors.js';
import { argsortAsNumpy } from '../../src/detect/reference-order.js';
import { decodeYunet } from '../../src/detect/yunet.js';

const box = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  score: number,
  index = 0,
): Candidate => ({
  x1,
  y1,
  x2,
  y2,
  score,
  index,
});

describe('priors', () => {
  test.each([
    [320, 240, 4420],
    [480, 360, 9984],
    [640, 480, 17640],
    [1280, 960, 70500],
    // One row of cells per map: 2*1*3 + 1*1*2 + ... by ceil(size / stride).
    [32, 32, 16 * 3 + 4 * 2 + 2 + 3],
  ])('%i x %i has %i', (width, height, count) => {
    expect(makePriors({ width, height })).toHaveLength(count * 4);
  });

  test('the first, and the first of the last map', () => {
    const priors = makePriors({ width: 320, height: 240 });
    // (0.5 * 8) / 320, (0.5 * 8) / 240, 10 / 320, 10 / 240
    expect([...priors.slice(0, 4)]).toEqual(
      [4 / 320, 4 / 240, 10 / 320, 10 / 240].map(Math.fround),
    );
    // 40*30*3 + 20*15*2 + 10*8*2 priors come before; 256 > 240 is cut to 1.
    const last = (40 * 30 * 3 + 20 * 15 * 2 + 10 * 8 * 2) * 4;
    expect([...priors.slice(last, last + 4)]).toEqual(
      [32 / 320, 32 / 240, 128 / 320, 128 / 240].map(Math.fround),
    );
    expect(priors[last + 11]).toBe(1);
  });

  test('centres beyond the picture are cut to it', () => {
    // The fourth row of the 64-pixel map has its centre at 224 of 240, the last of 8x32 at 1.
    const priors = makePriors({ width: 320, height: 240 });
    for (const value of priors) expect(value >= 0 && value <= 1).toBe(true);
  });
});

describe('decoding', () => {
  test('a prior moved and stretched', () => {
    const priors = Float32Array.of(0.5, 0.25, 0.2, 0.1);
    const boxes = Float32Array.of(1, -2, Math.log(2) / 0.2, 0);
    const [candidate] = decodePriors(Float32Array.of(0.1, 0.9), boxes, priors, 0.7);
    // Centre 0.5 + 1*0.1*0.2, 0.25 - 2*0.1*0.1; size 2*0.2, 1*0.1.
    expect(candidate?.x1).toBeCloseTo(0.52 - 0.2, 6);
    expect(candidate?.x2).toBeCloseTo(0.52 + 0.2, 6);
    expect(candidate?.y1).toBeCloseTo(0.23 - 0.05, 6);
    expect(candidate?.y2).toBeCloseTo(0.23 + 0.05, 6);
    expect(candidate?.score).toBeCloseTo(0.9, 6);
  });

  test('only scores above the threshold; NaN is none', () => {
    const priors = new Float32Array(12).fill(0.5);
    const scores = Float32Array.of(0, 0.5, 0, 0.75, 0, Number.NaN);
    const found = decodePriors(scores, new Float32Array(12), priors, 0.5);
    expect(found.map(({ index }) => index)).toEqual([1]);
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
    const [face] = decodeYunet(outputs, 32, 0.7);
    expect(face?.score).toBeCloseTo(0.9, 6);
    expect([face?.x1, face?.y1, face?.x2, face?.y2].map((v) => Math.round(v ?? 0))).toEqual([
      4, 14, 20, 22,
    ]);
    expect(face?.landmarks[0]).toEqual([12, 22]);
    expect(face?.landmarks[1]).toEqual([8, 16]);
  });
});

describe('suppression', () => {
  const a = box(0, 0, 10, 10, 0.9, 0);
  const b = box(1, 1, 11, 11, 0.8, 1);
  const c = box(20, 20, 30, 30, 0.95, 2);

  test('IoU', () => {
    expect(iou(a, b, 0)).toBeCloseTo(81 / 119, 12);
    expect(iou(a, c, 0)).toBe(0);
    expect(iou(box(0, 0, 0, 0, 1), box(0, 0, 0, 0, 1))).toBe(0);
    // A box turned inside out has no area.
    expect(iou(box(5, 5, 0, 0, 1), a)).toBe(0);
  });

  test('hard: the best of each cluster, best first', () => {
    expect(hardNms([a, b, c], 0.3)).toEqual([c, a]);
    expect(hardNms([a, b, c], 0.7)).toEqual([c, a, b]);
    expect(hardNms([], 0.3)).toEqual([]);
  });

  test('hard: only the best 200 candidates are looked at', () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      box(i * 20, 0, i * 20 + 10, 10, 0.7 + i / 1000, i),
    );
    const kept = hardNms(many, 0.3);
    expect(kept).toHaveLength(200);
    expect(kept[0]?.index).toBe(299);
    expect(kept[199]?.index).toBe(100);
  });

  test('hard: in each cluster of equal scores the one that numpy’s order puts last', () => {
    const equal = [box(0, 0, 10, 10, 0.9, 0), box(1, 0, 11, 10, 0.9, 1)];
    expect(hardNms(equal, 0.3).map(({ index }) => index)).toEqual([1]);
  });

  test('blend: the mean weighted by exp(score)', () => {
    const [first, second] = blendNms([a, b, c], 0.3);
    expect(first).toEqual(c);
    const weight = Math.exp(0.9) / (Math.exp(0.9) + Math.exp(0.8));
    expect(second?.x1).toBeCloseTo(1 - weight, 12);
    expect(second?.y2).toBeCloseTo(11 - weight, 12);
    expect(second?.score).toBeCloseTo(0.9 * weight + 0.8 * (1 - weight), 12);
  });

  test('the order of equal values is numpy’s', () => {
    const { cases } = JSON.parse(
      readFileSync(join(__dirname, '../fixtures/argsort.json'), 'utf8'),
    ) as { cases: { values: number[]; order: number[] }[] };
    expect(cases).toHaveLength(9);
    for (const { values, order } of cases) expect(argsortAsNumpy(values)).toEqual(order);
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
