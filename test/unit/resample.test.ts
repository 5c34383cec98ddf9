/** The geometry: against OpenCV bit for bit, and against values worked out by hand. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Geometry, native } from '../../src/native.js';

interface Case {
  geometry: 'linear' | 'cubic';
  source: [number, number];
  size: [number, number];
  sha256: string;
}
const { cases } = JSON.parse(readFileSync(join(__dirname, '../fixtures/resize.json'), 'utf8')) as {
  cases: Case[];
};

/** The picture of tools/vectors/resize_vectors.py. */
function drawn(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        data[at++] = (x * 7 + y * 13 + c * 29 + ((x * y) % 31) * 5 + ((x * x + c * y) % 127)) & 255;
      }
    }
  }
  return { data, width, height };
}

const resample = (
  picture: ReturnType<typeof drawn>,
  geometry: Geometry,
  region: number[],
  width: number,
  height: number,
) => native().resample({ picture, geometry, regions: Float64Array.from(region), width, height });

describe('linear and cubic are cv2.resize INTER_LINEAR and INTER_CUBIC', () => {
  test.each(cases)('$geometry: $source to $size', async ({ geometry, source, size, sha256 }) => {
    const picture = drawn(...source);
    const bytes = await resample(picture, geometry, [0, 0, ...source], ...size);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  test('a region is like a picture of its own', async () => {
    const picture = drawn(50, 40);
    const inner = new Uint8Array(20 * 10 * 3);
    for (let y = 0; y < 10; y++) {
      const from = ((y + 7) * 50 + 5) * 3;
      inner.set(picture.data.subarray(from, from + 60), y * 60);
    }
    const cut = await resample(picture, 'linear', [5, 7, 20, 10], 33, 21);
    const own = await resample(
      { data: inner, width: 20, height: 10 },
      'linear',
      [0, 0, 20, 10],
      33,
      21,
    );
    expect(cut).toEqual(own);
  });
});

describe('area is the mean of the pixels a cell covers', () => {
  test('4 x 2 to 2 x 1, and cells that share pixels', async () => {
    const grey = (values: number[]) => Uint8Array.from(values.flatMap((v) => [v, v, v]));
    const picture = { data: grey([0, 10, 20, 30, 40, 50, 60, 70]), width: 4, height: 2 };
    expect([...(await resample(picture, 'area', [0, 0, 4, 2], 2, 1))]).toEqual(
      [25, 25, 25, 45, 45, 45], // (0+10+40+50)/4, (20+30+60+70)/4
    );
    const row = { data: grey([0, 10, 20]), width: 3, height: 1 };
    // floor(0..), ceil: cells [0,2) and [1,3).
    expect([...(await resample(row, 'area', [0, 0, 3, 1], 2, 1))]).toEqual([5, 5, 5, 15, 15, 15]);
  });
});

describe('a tile of an area resize', () => {
  const picture = drawn(97, 61);
  const region = [3, 2, 90, 57];
  const job = (width: number, height: number, tile?: object) => ({
    picture,
    geometry: 'area' as const,
    regions: Float64Array.from(region),
    width,
    height,
    ...(tile && { tile: tile as { width: number; height: number; x: number; y: number } }),
  });

  test.each([
    [40, 25],
    [91, 58],
    [200, 7],
  ])('is that part of the whole: %i x %i', async (width, height) => {
    const whole = await resample(picture, 'area', region, width, height);
    for (const [x, y, w, h] of [
      [0, 0, width, height],
      [0, 0, 1, 1],
      [width - 1, height - 1, 1, 1],
      [7, 2, 20, 4],
      [width - 13, 1, 13, height - 1],
    ] as const) {
      const part = await native().resample(job(w, h, { width, height, x, y }));
      const expected = new Uint8Array(w * h * 3);
      for (let row = 0; row < h; row++) {
        const from = ((y + row) * width + x) * 3;
        expected.set(whole.subarray(from, from + w * 3), row * w * 3);
      }
      expect(part).toEqual(expected);
    }
  });

  test.each([
    ['leaves the whole', { width: 10, height: 10, x: 6, y: 0 }],
    ['is larger than the whole', { width: 4, height: 10, x: 0, y: 0 }],
    ['begins before it', { width: 10, height: 10, x: 0, y: -1 }],
    ['is no number', { width: 10, height: 10, x: Number.NaN, y: 0 }],
    ['is of a whole beyond all sense', { width: 2 ** 31, height: 10, x: 0, y: 0 }],
  ])('is refused where it %s', (_, tile) => {
    expect(() => native().resample(job(5, 5, tile))).toThrow();
  });

  test('is refused with other geometries', () => {
    const tile = { width: 10, height: 10, x: 0, y: 0 };
    expect(() => native().resample({ ...job(5, 5, tile), geometry: 'linear' })).toThrow(/area/);
  });
});

describe('warp', () => {
  test.each([1, 2.5, 7.3, 40])(
    'shrinking by %d: the mean of a grid of bilinear samples',
    async (scale) => {
      const picture = drawn(700, 520);
      const angle = 0.3;
      const [a, b] = [scale * Math.cos(angle), scale * Math.sin(angle)];
      const map = [a, -b, 120.25, b, a, 30.75];
      const size = 12;
      const out = await resample(picture, 'warp', map, size, size);
      const samples = scale > 2 ? Math.min(16, Math.ceil(scale)) : 1;
      const at = (x: number, y: number, c: number) =>
        x < 0 || y < 0 || x >= picture.width || y >= picture.height
          ? 0
          : (picture.data[(y * picture.width + x) * 3 + c] as number);
      for (let i = 0; i < out.length; i++) {
        const c = i % 3;
        const [x, y] = [((i - c) / 3) % size, Math.floor(i / 3 / size)];
        let sum = 0;
        for (let j = 0; j < samples * samples; j++) {
          const dx = x + ((j % samples) + 0.5) / samples - 0.5;
          const dy = y + (Math.floor(j / samples) + 0.5) / samples - 0.5;
          const sx = a * dx - b * dy + 120.25;
          const sy = b * dx + a * dy + 30.75;
          const [left, top] = [Math.floor(sx), Math.floor(sy)];
          const [wx, wy] = [sx - left, sy - top];
          sum +=
            (at(left, top, c) * (1 - wx) + at(left + 1, top, c) * wx) * (1 - wy) +
            (at(left, top + 1, c) * (1 - wx) + at(left + 1, top + 1, c) * wx) * wy;
        }
        // Weights have 11 bits: each may be off by 1/4096 of 255.
        expect(Math.abs((out[i] as number) - sum / samples ** 2)).toBeLessThan(0.5 + 0.13);
      }
    },
  );

  test('a whole shift copies, and is black outside', async () => {
    const picture = drawn(5, 4);
    const out = await resample(picture, 'warp', [1, 0, -2, 0, 1, 1], 8, 4);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 8; x++) {
        const inside = x >= 2 && x < 7 && y < 3;
        const expected = inside
          ? picture.data.subarray(((y + 1) * 5 + x - 2) * 3, ((y + 1) * 5 + x - 2) * 3 + 3)
          : [0, 0, 0];
        expect([...out.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]).toEqual([...expected]);
      }
    }
  });

  test('half a pixel is the mean of two, rounded', async () => {
    const picture = { data: Uint8Array.of(10, 0, 200, 21, 100, 100), width: 2, height: 1 };
    expect([...(await resample(picture, 'warp', [1, 0, 0.5, 0, 1, 0], 1, 1))]).toEqual([
      16, 50, 150,
    ]);
  });

  test('a quarter turn moves every pixel', async () => {
    const picture = drawn(4, 4);
    // (x, y) of the output is (y, 3 - x) of the source.
    const out = await resample(picture, 'warp', [0, 1, 0, -1, 0, 3], 4, 4);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 4; x++) {
        const from = ((3 - x) * 4 + y) * 3;
        expect([...out.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)]).toEqual([
          ...picture.data.subarray(from, from + 3),
        ]);
      }
    }
  });

  test('shrinking by more than two averages: stripes become grey', async () => {
    const data = new Uint8Array(64 * 64 * 3);
    for (let i = 0; i < data.length; i++) data[i] = Math.floor(i / 3) % 2 === 0 ? 0 : 255;
    const out = await resample(
      { data, width: 64, height: 64 },
      'warp',
      [8, 0, 3.5, 0, 8, 3.5],
      8,
      8,
    );
    for (const value of out) expect(Math.abs(value - 127.5)).toBeLessThan(2);
  });

  test('maps to far away are black, not a crash', async () => {
    const picture = drawn(3, 3);
    for (const m of [
      [1e300, 0, 1e300, 0, 1e300, 1e300],
      [1, 0, -1e9, 0, 1, 1e9],
      [1, 0, 1e12, 0, 1, -1e12],
      [0, 0, -5, 0, 0, -5],
    ]) {
      const out = await resample(picture, 'warp', m, 4, 4);
      expect(out.every((value) => value === 0)).toBe(true);
    }
  });
});

describe('wrong jobs are refused', () => {
  const picture = drawn(4, 4);
  const good = {
    picture,
    geometry: 'linear',
    regions: Float64Array.of(0, 0, 4, 4),
    width: 2,
    height: 2,
  };
  test.each<[string, object]>([
    ['a region outside', { regions: Float64Array.of(1, 0, 4, 4) }],
    ['a negative region', { regions: Float64Array.of(-1, 0, 2, 2) }],
    ['a broken region', { regions: Float64Array.of(0.5, 0, 2, 2) }],
    ['an empty region', { regions: Float64Array.of(0, 0, 0, 2) }],
    ['no region', { regions: new Float64Array(0) }],
    ['regions of the wrong length', { regions: Float64Array.of(0, 0, 4) }],
    [
      'a region that is not finite',
      { geometry: 'warp', regions: Float64Array.of(1, 0, Number.NaN, 0, 1, 0) },
    ],
    ['two regions', { regions: Float64Array.of(0, 0, 1, 1, 0, 0, 1, 1) }],
    ['plain regions', { regions: [0, 0, 4, 4] }],
    ['an unknown geometry', { geometry: 'cubist' }],
    ['too little data', { picture: { ...picture, data: new Uint8Array(47) } }],
    ['a size that overflows', { picture: { ...picture, width: 2 ** 30, height: 2 ** 30 } }],
    ['floats for pixels', { picture: { ...picture, data: new Float32Array(48) } }],
    ['no picture', { picture: undefined }],
    ['a width of 0', { width: 0 }],
    ['a width of 2^20', { width: 2 ** 20 }],
    ['a width of NaN', { width: Number.NaN }],
    ['a broken width', { width: 2.5 }],
  ])('%s', (_, wrong) => {
    let error: unknown;
    try {
      native().resample({ ...good, ...wrong } as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: expect.stringMatching(/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/),
    });
  });
});
