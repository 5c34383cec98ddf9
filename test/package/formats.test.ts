/** Which formats are decoded, and what decoding may take. No model is needed. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { createFaces } from '../../src/index.js';
import { program } from '../process/run.js';

const faces = createFaces();
afterAll(() => faces.close());

/** 200 bytes that keep a thread for minutes. */
const ENDLESS =
  '<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="4000"><filter id="f"><feTurbulence baseFrequency=".9" numOctaves="30"/></filter><rect width="4000" height="4000" filter="url(#f)"/></svg>';
const SQUARE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"><rect width="9" height="7"/></svg>';

const still = (width = 60, height = 40) =>
  sharp({ create: { width, height, channels: 3, background: '#36c' } });

describe('formats', () => {
  test.each([
    ['SVG', SQUARE],
    ['SVG after a comment', `<!-- ${'x'.repeat(900)} -->${SQUARE}`],
    ['SVG with a byte order mark', `\ufeff<?xml version="1.0"?>\n${SQUARE}`],
    ['SVG with a prefix', SQUARE.replace('<svg', '<s:svg').replace('</svg', '</s:svg')],
    ['PDF', '%PDF-1.7\n'],
    ['a program that is endless', ENDLESS],
    ['HTML', '<!doctype html><html></html>'],
    ['text', 'hello'],
    ['raw pixels behind their head', `raw 2x2x3\n${'\0'.repeat(12)}`],
    ['a FITS file', 'SIMPLE  =                    T'],
    ['a PPM file', 'P6 1 1 255\n\0\0\0'],
  ])('%s is refused by default', async (_, text) => {
    await expect(faces.hash(Buffer.from(text))).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
      message: expect.stringContaining('the option formats'),
    });
  });

  test('what the list has not is refused; what it has is decoded', async () => {
    const own = createFaces({ formats: ['png'] });
    await expect(own.hash(await still().jpeg().toBuffer())).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
      message: expect.stringContaining("add 'jpeg'"),
    });
    expect(await own.hash(await still().png().toBuffer())).toMatch(/^[0-9a-f]{64}$/);
    await own.close();
    for (const formats of [[], 'png', ['bmp'], [5]]) {
      expect(() => createFaces({ formats } as never)).toThrow(/formats/);
    }
  });

  test('SVG can be allowed', async () => {
    const own = createFaces({ formats: ['svg', 'png'] });
    expect(await own.decode(Buffer.from(SQUARE))).toMatchObject({ width: 9, height: 7 });
    await expect(own.hash(Buffer.from('<svg broken'))).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
    });
    await own.close();
  });
});

test('an AVIF of more than 25 megapixels is refused', async () => {
  const avif = await still(64, 64).avif({ effort: 0 }).toBuffer();
  const size = avif.indexOf('ispe') + 8;
  avif.writeUInt32BE(5200, size);
  avif.writeUInt32BE(5000, size + 4);
  await expect(faces.hash(avif)).rejects.toMatchObject({ code: 'ERR_IMAGE_TOO_LARGE' });
});

describe('what cannot be stopped in a thread', () => {
  test('ends with its call, its time, or its process', () => {
    const result = program(`
      const endless = Buffer.from(${JSON.stringify(ENDLESS)});
      (async () => {
        const faces = createFaces({ formats: ['svg', 'png'], lanes: 1 });
        const controller = new AbortController();
        const calls = Array.from({ length: 4 }, () =>
          faces.detect(endless, { signal: controller.signal }).catch((e) => e.code));
        setTimeout(() => controller.abort(), 300);
        console.log((await Promise.all(calls)).join());
        // They have given their turns back: else this would wait for them.
        console.log((await faces.hash(endless.subarray(0, 3)).catch((e) => e.code)));
        const timed = createFaces({ formats: ['svg'], decodeTimeout: 300 });
        console.log(await timed.hash(endless).catch((e) => e.code));
        const { width } = await faces.decode(Buffer.from(${JSON.stringify(SQUARE)}));
        console.log(width);
        faces.detect(endless).catch(() => undefined);
        setTimeout(() => process.exit(7), 300);
      })();
    `);
    expect(result.stderr).toBe('');
    expect(result.stdout.split('\n')).toEqual([
      'ERR_ABORTED,ERR_ABORTED,ERR_ABORTED,ERR_ABORTED',
      'ERR_IMAGE_DECODE',
      'ERR_TIMEOUT',
      '9',
      '',
    ]);
    expect(result.status).toBe(7);
  });

  test('large pictures are the same from a process of their own', async () => {
    const [width, height] = [4300, 2900];
    const data = Buffer.alloc(width * height * 3);
    for (let i = 0; i < data.length; i += 101) data[i] = i >> 5;
    const png = await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const expected = await faces.hash({ data, width, height, channels: 3 });
    expect(await faces.hash(png)).toBe(expected);
    const broken = faces.hash(png.subarray(0, png.length - 5000));
    await expect(broken).rejects.toMatchObject({ code: 'ERR_IMAGE_DECODE' });
  });
});

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  let crc = ~0;
  for (const byte of body) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const all = Buffer.alloc(body.length + 8);
  all.writeUInt32BE(data.length);
  body.copy(all, 4);
  all.writeUInt32BE(~crc >>> 0, body.length + 4);
  return all;
}

/** A TIFF of grey 8x8 pages. */
function tiff(pages: number, endian: 'II' | 'MM'): Buffer {
  const tags = [
    [256, 3, 8],
    [257, 3, 8],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 3, 8],
    [279, 4, 64],
  ] as const;
  const size = 2 + tags.length * 12 + 4;
  const file = Buffer.alloc(72 + pages * size, 60);
  const little = endian === 'II';
  const short = (value: number, at: number) =>
    little ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at);
  file.write(endian);
  short(42, 2);
  long(72, 4);
  for (let page = 0; page < pages; page++) {
    let at = 72 + page * size;
    short(tags.length, at);
    at += 2;
    for (const [tag, type, value] of tags) {
      short(tag, at);
      short(type, at + 2);
      long(1, at + 4);
      long(0, at + 8);
      if (type === 3) short(value, at + 8);
      else long(value, at + 8);
      at += 12;
    }
    long(page + 1 < pages ? 72 + (page + 1) * size : 0, at);
  }
  return file;
}

/** Frames of one colour, by sharp. */
async function animation(format: 'gif' | 'webp', frames: number): Promise<Buffer> {
  const data = Buffer.alloc(16 * 16 * 3 * frames);
  for (let i = 0; i < frames; i++) data.fill((i * 37) % 256, i * 768, (i + 1) * 768);
  const raw = { width: 16, height: 16 * frames, channels: 3 as const, pageHeight: 16 };
  const pipeline = sharp(data, { raw });
  return await (format === 'gif' ? pipeline.gif() : pipeline.webp({ lossless: true })).toBuffer();
}

describe('of many pictures only the first is looked at', () => {
  test.each(['gif', 'webp'] as const)('%s', async (format) => {
    const many = await animation(format, 12);
    expect((await sharp(many).metadata()).pages).toBe(12);
    const expected = await sharp(many).removeAlpha().raw().toBuffer();
    const { data } = await faces.decode(many);
    expect(Buffer.compare(Buffer.from(data), expected)).toBe(0);
  });

  test.each(['II', 'MM'] as const)('TIFF, %s', async (endian) => {
    const one = await faces.hash(tiff(1, endian));
    // Looked through, they would take minutes.
    expect(await faces.hash(tiff(500_000, endian))).toBe(one);
  });

  test('a GIF and a WebP of very many frames', async () => {
    const gif = await animation('gif', 2);
    const frame = Buffer.from('2c0000000001000100000202440100', 'hex');
    const flood = Buffer.concat([
      gif.subarray(0, -1),
      ...Array(500_000).fill(frame),
      Buffer.of(59),
    ]);
    expect(await faces.hash(flood)).toBe(await faces.hash(gif));
    const webp = await animation('webp', 2);
    const at = webp.lastIndexOf('ANMF');
    const frames = Buffer.concat([webp, ...Array(100_000).fill(webp.subarray(at))]);
    frames.writeUInt32LE(frames.length - 8, 4);
    expect(await faces.hash(frames)).toBe(await faces.hash(webp));
  });

  test('a PNG whose texts unpack to gigabytes', async () => {
    const png = await still().png().toBuffer();
    const text = chunk(
      'zTXt',
      Buffer.concat([Buffer.from('k\0\0'), deflateSync(Buffer.alloc(7e6))]),
    );
    const bomb = Buffer.concat([png.subarray(0, 33), ...Array(900).fill(text), png.subarray(33)]);
    expect(await faces.hash(bomb)).toBe(await faces.hash(png));
  });

  test('files that lie about their parts are refused, not believed', async () => {
    const gif = await animation('gif', 2);
    for (const broken of [
      Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(7, 0xff)]),
      Buffer.concat([gif.subarray(0, 30), Buffer.alloc(3_000_000, 0x21)]),
      Buffer.from('II*\0\xff\xff\xff\xff', 'latin1'),
      Buffer.from('II+\0\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'),
      Buffer.concat([Buffer.from('RIFF....WEBPVP8X', 'latin1'), Buffer.alloc(20, 0xff)]),
      Buffer.from('\x89PNG\r\n\x1a\n\xff\xff\xff\xffzTXt', 'latin1'),
    ]) {
      await expect(faces.hash(broken)).rejects.toMatchObject({ code: 'ERR_IMAGE_DECODE' });
    }
  });
});
