/** Formats, channels, orientations, and everything that is no picture. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaces, type Picture } from '../../src/index.js';
import { iou } from '../boxes.js';
import { image } from '../data.js';

const faces = createFaces();
let folder: string;
let jpeg: Buffer;
let raw: Buffer;
const WIDTH = 1080;
const HEIGHT = 720;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnn-face-pictures-'));
  jpeg = await readFile(image('test4.jpg'));
  // Without its colour profile, as the decoder reads it.
  raw = await sharp(jpeg, { ignoreIcc: true }).raw().toBuffer();
});
afterAll(async () => {
  await faces.close();
  await rm(folder, { recursive: true, force: true });
});

async function boxOf(picture: Picture) {
  const result = await faces.detect(picture);
  expect(result.faces).toHaveLength(1);
  return { ...result, box: (result.faces[0] as (typeof result.faces)[number]).box };
}

const still = () => sharp(raw, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

describe('formats', () => {
  const encoders: [string, () => Promise<Buffer>][] = [
    ['PNG', () => still().png().toBuffer()],
    ['PNG, 16 bits', () => still().toColourspace('rgb16').png().toBuffer()],
    ['PNG, palette', () => still().png({ palette: true }).toBuffer()],
    ['PNG, alpha', () => still().ensureAlpha(0.5).png().toBuffer()],
    ['PNG, grey', () => still().greyscale().png().toBuffer()],
    ['JPEG, grey', () => still().greyscale().jpeg().toBuffer()],
    ['JPEG, CMYK', () => still().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()],
    ['JPEG, progressive', () => still().jpeg({ progressive: true }).toBuffer()],
    ['WebP', () => still().webp().toBuffer()],
    ['WebP, lossless with alpha', () => still().ensureAlpha().webp({ lossless: true }).toBuffer()],
    ['GIF', () => still().gif().toBuffer()],
    ['TIFF', () => still().tiff().toBuffer()],
    ['AVIF', () => still().avif({ effort: 0 }).toBuffer()],
  ];
  test.each(encoders)('%s', async (_, encode) => {
    const { width, height, box } = await boxOf(await encode());
    expect([width, height]).toEqual([WIDTH, HEIGHT]);
    const reference = (await boxOf(jpeg)).box;
    expect(iou(box, reference)).toBeGreaterThan(0.85);
  });

  test('lossless ones give the very same faces', async () => {
    const reference = (await faces.detect(jpeg)).faces;
    const lossless = [
      still().png(),
      still().tiff({ compression: 'lzw' }),
      still().webp({ lossless: true }),
      still().ensureAlpha(0.3).png(),
      still().toColourspace('rgb16').png(),
    ];
    for (const encoded of lossless) {
      expect((await faces.detect(await encoded.toBuffer())).faces).toEqual(reference);
    }
  });

  test('of an animation the first frame', async () => {
    const first = await still().resize(360, 240).raw().toBuffer();
    const black = Buffer.alloc(360 * 240 * 3);
    const gif = await sharp(Buffer.concat([first, black]), {
      raw: { width: 360, height: 480, channels: 3, pageHeight: 240 },
    })
      .gif()
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    expect(await boxOf(gif)).toMatchObject({ width: 360, height: 240 });
  });

  test.each([2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is applied', async (orientation) => {
    const upright = (await boxOf(jpeg)).box;
    const turned = await storedAs(orientation).png().toBuffer();
    const tagged = await sharp(turned).withMetadata({ orientation }).png().toBuffer();
    const result = await boxOf(tagged);
    expect([result.width, result.height]).toEqual([WIDTH, HEIGHT]);
    expect(Math.abs(result.box.x - upright.x)).toBeLessThan(1);
    expect(Math.abs(result.box.y - upright.y)).toBeLessThan(1);
  });
});

describe('ways to give a picture', () => {
  test('all give the same faces', async () => {
    const reference = (await faces.detect(image('test4.jpg'))).faces;
    const copy = new Uint8Array(jpeg);
    const ways: Picture[] = [
      pathToFileURL(image('test4.jpg')),
      jpeg,
      copy,
      copy.buffer,
      createReadStream(image('test4.jpg')),
      new Blob([jpeg]).stream() as unknown as AsyncIterable<Uint8Array>,
      { data: raw, width: WIDTH, height: HEIGHT, channels: 3 },
      { data: new Uint8ClampedArray(raw), width: WIDTH, height: HEIGHT, channels: 3 },
      {
        data: await still().ensureAlpha().raw().toBuffer(),
        width: WIDTH,
        height: HEIGHT,
        channels: 4,
      },
    ];
    for (const way of ways) expect((await faces.detect(way)).faces).toEqual(reference);
  });

  test('raw grey with and without alpha', async () => {
    const grey = await still().greyscale().raw().toBuffer();
    const one = await faces.detect({ data: grey, width: WIDTH, height: HEIGHT, channels: 1 });
    expect(one.faces).toHaveLength(1);
    const two = Buffer.alloc(grey.length * 2, 255);
    for (const [i, value] of grey.entries()) two[2 * i] = value;
    expect(
      (await faces.detect({ data: two, width: WIDTH, height: HEIGHT, channels: 2 })).faces,
    ).toEqual(one.faces);
  });
});

describe('what is no picture gets a code, and the next call works', () => {
  const path = (name: string) => join(folder, name);

  test('missing file', async () => {
    await expect(faces.detect(path('missing.jpg'))).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
      message: expect.stringContaining('no such file'),
    });
  });

  test.each<[string, () => Promise<Uint8Array | string>]>([
    ['empty file', async () => ''],
    ['text named .jpg', async () => 'this is not a picture'],
    ['truncated JPEG', async () => jpeg.subarray(0, jpeg.length >> 1)],
    ['truncated PNG', async () => (await still().png().toBuffer()).subarray(0, 5000)],
    ['only a JPEG header', async () => jpeg.subarray(0, 20)],
  ])('%s', async (_, make) => {
    await writeFile(path('bad.jpg'), await make());
    await expect(faces.detect(path('bad.jpg'))).rejects.toMatchObject({
      name: 'MnnFaceError',
      code: 'ERR_IMAGE_DECODE',
    });
  });

  test('a folder', async () => {
    await expect(faces.detect(folder)).rejects.toMatchObject({ code: 'ERR_IMAGE_DECODE' });
  });

  test('a PNG header of 40,000 x 40,000', async () => {
    const header = await sharp({
      create: { width: 8, height: 8, channels: 3, background: '#000' },
    })
      .png()
      .toBuffer();
    header.writeUInt32BE(40_000, 16);
    header.writeUInt32BE(40_000, 20);
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
    await expect(faces.detect(header)).rejects.toMatchObject({ code: 'ERR_IMAGE_TOO_LARGE' });
  });

  test('the pixel limit is the caller’s', async () => {
    await expect(faces.detect(jpeg, { maxPixels: 1000 })).rejects.toMatchObject({
      code: 'ERR_IMAGE_TOO_LARGE',
    });
    const data = new Uint8Array(40 * 40 * 3);
    await expect(
      faces.detect({ data, width: 40, height: 40, channels: 3 }, { maxPixels: 1599 }),
    ).rejects.toMatchObject({ code: 'ERR_IMAGE_TOO_LARGE' });
  });

  test('raw pixels whose size does not fit', async () => {
    const data = new Uint8Array(100);
    for (const wrong of [
      { data, width: 10, height: 10, channels: 3 },
      { data, width: 10.5, height: 10, channels: 1 },
      { data, width: -10, height: -10, channels: 1 },
      { data, width: Number.NaN, height: 10, channels: 1 },
      { data, width: 5, height: 4, channels: 5 },
      { data: [1, 2, 3], width: 1, height: 1, channels: 3 },
    ]) {
      const error = await faces.detect(wrong as Picture).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(INVALID_ARG|OUT_OF)/) });
    }
  });

  test('things that are no picture at all', async () => {
    for (const wrong of [undefined, null, 7, {}, [], new URL('http://localhost/a.jpg')]) {
      await expect(faces.detect(wrong as Picture)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
  });

  test('1 x 1, 1 x 500 and 10,000 x 100', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 500],
      [500, 1],
      [10_000, 100],
    ] as const) {
      const data = new Uint8Array(width * height * 3).fill(90);
      const result = await faces.detect({ data, width, height, channels: 3 });
      expect(result).toMatchObject({ width, height, faces: [] });
    }
  });

  test('and the next call works', async () => {
    expect((await faces.detect(jpeg)).faces).toHaveLength(1);
  });
});

/** The pixels as a camera would store them, so that the EXIF tag puts them upright again. */
function storedAs(orientation: number): sharp.Sharp {
  const swapped = orientation >= 5;
  const [width, height] = swapped ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  // Where the upright picture's pixel (x, y) is stored; EXIF 2.3, tag 0x0112.
  const place: Record<number, (x: number, y: number) => [number, number]> = {
    2: (x, y) => [WIDTH - 1 - x, y],
    3: (x, y) => [WIDTH - 1 - x, HEIGHT - 1 - y],
    4: (x, y) => [x, HEIGHT - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, WIDTH - 1 - x],
    7: (x, y) => [HEIGHT - 1 - y, WIDTH - 1 - x],
    8: (x, y) => [HEIGHT - 1 - y, x],
  };
  const to = place[orientation] as (x: number, y: number) => [number, number];
  const data = Buffer.alloc(raw.length);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [sx, sy] = to(x, y);
      raw.copy(data, (sy * width + sx) * 3, (y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
