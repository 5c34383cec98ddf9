/** Large inputs in parts: nothing is left out or seen twice, and no part is too large. */
import { describe, expect, test } from 'vitest';
import {
  PNET_PIXELS,
  PNET_TILE_PIXELS,
  PYRAMID_PIXELS,
  YUNET_PIXELS,
} from '../../src/detect/limits.js';
import { pnetTiles, pyramid } from '../../src/detect/mtcnn-pyramid.js';
import { yunetTiles } from '../../src/detect/yunet-tiles.js';

const PICTURES: [number, number][] = [
  [1080, 720],
  [4000, 3000],
  [11_500, 8_600],
  [1_000_000, 100],
  [20, 5_000_000],
  [4_000_000, 25],
];

describe('the pyramid', () => {
  test.each(PICTURES)('of %i x %i: tiles cover each level once', (width, height) => {
    const levels = pyramid({ width, height }, 20, PYRAMID_PIXELS);
    expect(levels.length).toBeGreaterThan(0);
    for (const level of levels) {
      // The cells of P-Net: a max pool with ceil, then two valid 3x3 convolutions.
      expect(level.columns).toBe(Math.ceil((level.width - 2) / 2) - 4);
      let cells = 0;
      let right = 0;
      let bottom = 0;
      let last = { y: -1, x: -1 };
      for (const tile of pnetTiles(level, PNET_TILE_PIXELS)) {
        expect(tile.width * tile.height).toBeLessThanOrEqual(PNET_TILE_PIXELS);
        expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(2 ** 16);
        // Row by row, at even places, so that cells are the whole level's.
        expect(tile.y > last.y || (tile.y === last.y && tile.x > last.x)).toBe(true);
        expect(tile.x % 2 === 0 && tile.y % 2 === 0).toBe(true);
        // Inside of the level, with all that its cells see.
        expect(tile.x + tile.width).toBeLessThanOrEqual(level.width);
        expect(tile.y + tile.height).toBeLessThanOrEqual(level.height);
        expect(tile.stride).toBe(Math.ceil((tile.width - 2) / 2) - 4);
        expect(tile.stride).toBeGreaterThanOrEqual(tile.columns);
        expect(Math.ceil((tile.height - 2) / 2) - 4).toBeGreaterThanOrEqual(tile.rows);
        expect(tile.x / 2).toBe(tile.y === last.y ? right : 0);
        if (tile.y !== last.y) {
          expect(tile.y / 2).toBe(bottom);
          bottom += tile.rows;
        }
        right = tile.x / 2 + tile.columns;
        cells += tile.columns * tile.rows;
        last = tile;
      }
      expect(cells).toBe(level.columns * level.rows);
    }
  });

  test('a level of a usual picture is one run', () => {
    for (const level of pyramid({ width: 1280, height: 1024 }, 20, PYRAMID_PIXELS)) {
      expect(pnetTiles(level, PNET_PIXELS)).toHaveLength(1);
    }
  });

  test('begins at the size of the smallest face, and ends where the picture is one cell', () => {
    const levels = pyramid({ width: 400, height: 300 }, 20, PYRAMID_PIXELS);
    expect(levels[0]).toMatchObject({ scale: 0.6, width: 241, height: 181 });
    expect(levels.map(({ scale }) => scale)).toEqual(
      levels.map((_, i) => expect.closeTo(0.6 * 0.709 ** i, 12)),
    );
    expect(300 * 0.6 * 0.709 ** levels.length).toBeLessThan(12);
    expect(pyramid({ width: 19, height: 3000 }, 20, PYRAMID_PIXELS)).toEqual([]);
  });

  test('has no level larger than it may: the work of any minSize is bounded', () => {
    const levels = pyramid({ width: 10_000, height: 10_000 }, 1, PYRAMID_PIXELS);
    let pixels = 0;
    for (const { width, height } of levels) {
      expect(width * height).toBeLessThanOrEqual(PYRAMID_PIXELS);
      pixels += width * height;
    }
    expect(pixels).toBeLessThan(2.1 * PYRAMID_PIXELS);
    // All levels of pictures within the default of maxPixels are there.
    expect(pyramid({ width: 10_000, height: 10_000 }, 20, PYRAMID_PIXELS)[0]?.scale).toBe(0.6);
  });
});

describe('yunet', () => {
  test.each([
    [32, 32],
    [1920, 1088],
    [4096, 3072],
    [4096, 4096],
    [4096, 32],
    [32, 4096],
    [2336, 4096],
  ])('tiles of %i x %i cover it once, with their context', (width, height) => {
    const tiles = yunetTiles(width, height, YUNET_PIXELS);
    let covered = 0;
    for (const { x, y, width: w, height: h, inner } of tiles) {
      expect(w * h).toBeLessThanOrEqual(YUNET_PIXELS);
      for (const value of [x, y, w, h, inner.left, inner.top, inner.right, inner.bottom]) {
        expect(value % 32).toBe(0);
      }
      expect(inner.left === 0 ? x : inner.left - 256).toBe(x);
      expect(inner.top === 0 ? y : inner.top - 256).toBe(y);
      expect(x + w).toBe(Math.min(width, inner.right + 256));
      expect(y + h).toBe(Math.min(height, inner.bottom + 256));
      covered += (inner.right - inner.left) * (inner.bottom - inner.top);
    }
    expect(covered).toBe(width * height);
    const seen = tiles.reduce((sum, tile) => sum + tile.width * tile.height, 0);
    expect(seen).toBeLessThan(1.6 * width * height);
    if (width * height <= YUNET_PIXELS) expect(tiles).toHaveLength(1);
  });

  test('a bound that no tile meets is an error, not an endless search', () => {
    expect(() => yunetTiles(4096, 4096, 1000)).toThrow(RangeError);
  });
});
