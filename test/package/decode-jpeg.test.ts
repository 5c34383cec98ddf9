/** JPEGs are decoded by the addon to the very bytes that sharp gives (and, by the golden tests, OpenCV). */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { native } from '../../src/native.js';
import { picture } from './data.js';

const FULL = { maxPixels: 1e8, leastSide: 0 };
let photograph: Buffer;
beforeAll(() => {
  photograph = readFileSync(picture('obama.jpg'));
});

/** Noise and gradients: every block has something of all frequencies. */
function drawn(width: number, height: number) {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0, seed = 1; i < data.length; i++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    data[i] = ((i % (width * 3)) / 5 + (seed >> 20)) & 255;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function bySharp(jpeg: Buffer) {
  const { data, info } = await sharp(jpeg, { autoOrient: true, ignoreIcc: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function expectSame(jpeg: Buffer) {
  const ours = await native().decodeJpeg(jpeg, FULL);
  const reference = await bySharp(jpeg);
  expect([ours?.width, ours?.height]).toEqual([reference.width, reference.height]);
  expect([ours?.fullWidth, ours?.fullHeight]).toEqual([reference.width, reference.height]);
  expect(Buffer.compare(Buffer.from(ours?.data ?? []), reference.data)).toBe(0);
}

describe('the same bytes as sharp', () => {
  test.each([
    [1, 1],
    [7, 5],
    [16, 16],
    [17, 33],
    [250, 251],
    [1, 300],
  ])('%i x %i, subsampled or not, progressive, grey', async (width, height) => {
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      for (const progressive of [false, true]) {
        await expectSame(
          await drawn(width, height).jpeg({ chromaSubsampling, progressive }).toBuffer(),
        );
      }
    }
    await expectSame(await drawn(width, height).greyscale().jpeg().toBuffer());
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', async (orientation) => {
    for (const [width, height] of [
      [150, 67],
      [3, 2],
    ] as const) {
      await expectSame(await drawn(width, height).jpeg().withMetadata({ orientation }).toBuffer());
    }
  });

  test('a photograph', async () => {
    await expectSame(photograph);
  });
});

describe('left to another decoder', () => {
  const orientation = async (value: number) =>
    await drawn(40, 30).jpeg().withMetadata({ orientation: value }).toBuffer();
  const cases: [string, () => Promise<Buffer>][] = [
    ['no JPEG', () => drawn(8, 8).png().toBuffer()],
    ['nothing', async () => Buffer.alloc(0)],
    ['two bytes', async () => Buffer.from([0xff, 0xd8])],
    ['CMYK', () => drawn(32, 32).toColourspace('cmyk').jpeg().toBuffer()],
    ['cut in the header', async () => photograph.subarray(0, 200)],
    ['cut in the picture', async () => photograph.subarray(0, photograph.length / 2)],
    [
      'a damaged EXIF block',
      async () => {
        const jpeg = await orientation(6);
        const at = jpeg.indexOf('Exif');
        jpeg[at + 6] = 0x58;
        return jpeg;
      },
    ],
  ];
  test.each(cases)('%s', async (_, make) => {
    expect(await native().decodeJpeg(await make(), FULL)).toBeUndefined();
  });

  test('more pixels than allowed', async () => {
    const jpeg = await drawn(40, 30).jpeg().toBuffer();
    expect(await native().decodeJpeg(jpeg, { maxPixels: 1199, leastSide: 0 })).toBeUndefined();
    expect(await native().decodeJpeg(jpeg, { maxPixels: 1200, leastSide: 0 })).toBeDefined();
  });

  test('cut or changed anywhere: other bytes than sharp never come, and nothing crashes', async () => {
    const whole = await drawn(64, 48).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    for (let at = 0; at < whole.length; at += 7) {
      await native().decodeJpeg(whole.subarray(0, at), FULL);
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 0xff;
      const ours = await native().decodeJpeg(changed, FULL);
      if (ours === undefined) continue;
      const reference = await bySharp(changed).catch(() => undefined);
      if (reference === undefined) continue;
      expect([at, ours.width, ours.height]).toEqual([at, reference.width, reference.height]);
      expect([at, Buffer.compare(Buffer.from(ours.data), reference.data)]).toEqual([at, 0]);
    }
  });
});

describe('at reduced size', () => {
  test('by the largest power of two that leaves the shorter side long enough', async () => {
    const jpeg = await drawn(1001, 600).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const sizes = [];
    for (const leastSide of [0, 301, 300, 150, 75, 10]) {
      const pixels = await native().decodeJpeg(jpeg, { maxPixels: 1e8, leastSide });
      expect([pixels?.fullWidth, pixels?.fullHeight]).toEqual([600, 1001]);
      expect(pixels?.data).toHaveLength((pixels?.width ?? 0) * (pixels?.height ?? 0) * 3);
      sizes.push(`${pixels?.width}x${pixels?.height}`);
    }
    expect(sizes).toEqual(['600x1001', '600x1001', '300x501', '150x251', '75x126', '75x126']);
  });
});

test('wrong arguments are refused', () => {
  const decode = native().decodeJpeg as (...args: unknown[]) => unknown;
  expect(() => decode('a.jpg', FULL)).toThrow(/Uint8Array/);
  expect(() => decode(photograph)).toThrow(/object/);
  expect(() => decode(photograph, { maxPixels: Number.NaN, leastSide: 0 })).toThrow(/finite/);
  expect(() => decode(photograph, { maxPixels: 1, leastSide: -1 })).toThrow(/leastSide/);
});
