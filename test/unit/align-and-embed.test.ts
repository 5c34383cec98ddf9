import { describe, expect, test } from 'vitest';
import { cropMap, squareAround } from '../../src/align/crop.js';
import { similarityTransform } from '../../src/align/similarity-transform.js';
import { ARCFACE_TEMPLATE, alignmentMap } from '../../src/align/template.js';
import type { Landmarks, Point } from '../../src/detect/types.js';
import { makeEmbedding } from '../../src/embed/embedding.js';
import { distance, similarity } from '../../src/index.js';

type Map6 = readonly [number, number, number, number, number, number];
const apply = (m: Map6, [x, y]: Point): Point => [
  m[0] * x + m[1] * y + m[2],
  m[3] * x + m[4] * y + m[5],
];

describe('similarity transform', () => {
  test('finds a known rotation, scale and shift', () => {
    const [scale, angle, dx, dy] = [2.5, 0.3, 40, -7];
    const known: Map6 = [
      scale * Math.cos(angle),
      -scale * Math.sin(angle),
      dx,
      scale * Math.sin(angle),
      scale * Math.cos(angle),
      dy,
    ];
    const to = ARCFACE_TEMPLATE.map((point) => apply(known, point));
    const found = similarityTransform(ARCFACE_TEMPLATE, to);
    for (const [i, value] of known.entries()) expect(found[i]).toBeCloseTo(value, 10);
  });

  test('is the least-squares one: no small change of it fits better', () => {
    const to: Point[] = [
      [3, 1],
      [9, 2],
      [6, 8],
      [4, 11],
      [9, 12],
    ];
    const error = (m: Map6) =>
      ARCFACE_TEMPLATE.reduce((sum, point, i) => {
        const [x, y] = apply(m, point);
        const [u, v] = to[i] as Point;
        return sum + (x - u) ** 2 + (y - v) ** 2;
      }, 0);
    const found = similarityTransform(ARCFACE_TEMPLATE, to);
    const [a, , tx, b, , ty] = found;
    const least = error(found);
    for (const [da, db, dx, dy] of [
      [1e-3, 0, 0, 0],
      [0, 1e-3, 0, 0],
      [0, 0, 0.1, 0],
      [0, 0, 0, 0.1],
    ] as const) {
      for (const sign of [1, -1]) {
        const m: Map6 = [
          a + sign * da,
          -(b + sign * db),
          tx + sign * dx,
          b + sign * db,
          a + sign * da,
          ty + sign * dy,
        ];
        expect(error(m)).toBeGreaterThan(least);
      }
    }
  });

  test('the template aligns to itself; points in one place do not divide by zero', () => {
    const same = alignmentMap([...ARCFACE_TEMPLATE] as Landmarks);
    for (const [i, value] of [1, 0, 0, 0, 1, 0].entries()) expect(same[i]).toBeCloseTo(value, 12);
    const point: Point = [7, 7];
    const stuck = similarityTransform(
      [point, point],
      [
        [9, 9],
        [9, 9],
      ],
    );
    expect(apply(stuck, point)).toEqual([9, 9]);
    expect(() => similarityTransform([], [])).toThrow(RangeError);
  });
});

test('square crops', () => {
  const square = squareAround({ x: 10, y: 20, width: 30, height: 50 });
  expect(square).toEqual({ x: 0, y: 20, side: 50 });
  // 50 pixels on 25: output pixel 0 has its centre at source 0.5.
  expect(cropMap(square, 25)).toEqual([2, 0, 0.5, 0, 2, 20.5]);
  expect(squareAround({ x: 0, y: 0, width: 10, height: 10 }, 1.4).side).toBeCloseTo(14);
});

describe('embeddings', () => {
  const a = makeEmbedding(Float32Array.of(3, 4), 'm:1');
  const b = makeEmbedding(Float32Array.of(4, 3), 'm:1');

  test('unit length, cosine, distance', () => {
    expect([...a]).toEqual([0.6, 0.8].map(Math.fround));
    expect(similarity(a, b)).toBeCloseTo(0.96, 6);
    expect(distance(a, b)).toBeCloseTo(0.04, 6);
    expect(distance(a, a)).toBeLessThan(1e-12);
    expect(distance(a, [-3, -4])).toBeCloseTo(2, 6);
    expect(distance([1, 0], [0, 5])).toBe(1);
  });

  test('plain arrays, faces and vectors all compare', () => {
    const face = { embedding: [0.6, 0.8], fingerprint: 'm:1' };
    expect(similarity(face, b)).toBeCloseTo(0.96, 6);
    expect(similarity(face, { embedding: b })).toBeCloseTo(0.96, 6);
  });

  test('of different models they do not', () => {
    const other = makeEmbedding(Float32Array.of(1, 0), 'n:1');
    const mismatch = expect.objectContaining({ code: 'ERR_EMBEDDING_MISMATCH' });
    expect(() => similarity(a, other)).toThrow(mismatch);
    expect(() => similarity(a, [1, 2, 3])).toThrow(mismatch);
    expect(() => similarity({ embedding: a, fingerprint: 'm:2' }, b)).toThrow(mismatch);
    expect(() => similarity([0, 0], [1, 0])).toThrow(mismatch);
    expect(() => similarity([], [])).toThrow(mismatch);
    expect(() => similarity([Number.NaN, 1], [1, 0])).toThrow(mismatch);
    expect(() => similarity('ab' as never, a)).toThrow(TypeError);
  });

  test('a network that gives nonsense is not believed', () => {
    expect(() => makeEmbedding(Float32Array.of(0, 0), 'm:1')).toThrow(/no finite vector/);
    expect(() => makeEmbedding(Float32Array.of(Number.NaN, 1), 'm:1')).toThrow(/no finite vector/);
  });
});
