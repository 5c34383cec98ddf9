/** Exports and imports: what is kept, which wrong line is named, in any chunks and encodings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sqliteGalleryStore } from '../../src/gallery/sqlite/gallery-store.js';
import type { GalleryMake, GalleryStore } from '../../src/gallery/store.js';
import { exportLines, importLines } from '../../src/gallery/transfer.js';
import { unit } from '../vectors.js';

const DIMENSION = 16;
const make: GalleryMake = { model: 'm', fingerprint: 'm:1', dimension: DIMENSION };
const hash = (seed: number) => seed.toString(16).padStart(64, '0');

let folder: string;
const opened: GalleryStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-transfer-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(keepCrops = true): Promise<GalleryStore> {
  const store = sqliteGalleryStore({ file: join(folder, `${opened.length}.db`) });
  opened.push(store);
  await store.open(make, { keepCrops });
  return store;
}

async function filled(count: number): Promise<GalleryStore> {
  const store = await open();
  await store.add(
    Array.from({ length: count }, (_, i) => ({
      subject: `Søren ${i % 3}`,
      embedding: unit(DIMENSION, i),
      contentHash: hash(i),
      source: i % 2 === 0 ? null : `${i}.jpg`,
      metadata: i % 2 === 0 ? null : { i, list: ['ß', null] },
      crop: i === 1 ? new Uint8Array(37_632).fill(9) : null,
      enrolledAt: 1_000_000 + i,
    })),
  );
  return store;
}

async function linesOf(store: GalleryStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportLines(store, make)) lines.push(line);
  return lines;
}

const into = (store: GalleryStore, lines: Iterable<string | Uint8Array>) =>
  importLines(store, make, lines, undefined);

test('everything comes back: times, contents, metadata, crops', async () => {
  const lines = await linesOf(await filled(5));
  const other = await open();
  expect(await into(other, lines)).toEqual({ entries: 5, added: 5 });
  expect(await linesOf(other)).toEqual(lines);
  expect(lines[1]).toContain('"enrolledAt":1000000');
  // An export of before, whose lines had no times that count, and no number of entries.
  const old = lines.map((line) =>
    line.replace(/,"enrolledAt":\d+/, '').replace(/,"keepsCrops":\w+,"entries":\d+/, ''),
  );
  expect(await into(await open(), old)).toEqual({ entries: 5, added: 5 });
});

test('crops that a gallery does not keep, and lines that did not come, are counted', async () => {
  const lines = await linesOf(await filled(5));
  expect(await into(await open(false), lines)).toMatchObject({ cropsLeftOut: 1 });
  expect(await into(await open(), lines.slice(0, 3))).toEqual({ entries: 2, added: 2, missing: 3 });
});

describe('encodings and chunks', () => {
  const utf16 = (text: string, bigEndian: boolean) => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return bigEndian ? bytes.swap16() : bytes;
  };
  test.each<[string, (text: string) => (string | Uint8Array)[]]>([
    ['a mark, as text', (text) => [`\ufeff${text}`]],
    ['a mark, as bytes', (text) => [Buffer.from(`\ufeff${text}`)]],
    ['byte after byte', (text) => Array.from(Buffer.from(`\ufeff${text}`), (b) => Buffer.of(b))],
    ['of Windows', (text) => [Buffer.from(text.replaceAll('\n', '\r\n'))]],
    ['empty lines', (text) => [text.replaceAll('\n', '\n\n')]],
    ['UTF-16, little end first', (text) => [utf16(text, false)]],
    ['UTF-16, big end first', (text) => [utf16(text, true)]],
    ['no last line end', (text) => [text.slice(0, -1)]],
    ['nothing between', (text) => ['', text, '']],
  ])('%s', async (_, encode) => {
    const lines = await linesOf(await filled(3));
    const other = await open();
    expect(await into(other, encode(lines.join('')))).toEqual({ entries: 3, added: 3 });
    expect(await linesOf(other)).toEqual(lines);
  });
});

describe('a wrong line is named, with what is wrong and what became of the others', () => {
  const broken: [string, (line: string) => string | Uint8Array, RegExp][] = [
    ['cut off', (line) => `${line.slice(0, 40)}\n`, /Line 4 .*no JSON/],
    ['a blank name', (line) => line.replace(/Søren \d/, ' '), /Line 4 .*subject: .*visible/],
    ['a NUL', (line) => line.replace(/Søren \d/, 'a\\u0000b'), /Line 4 .*subject: .*NUL/],
    [
      'a wrong time',
      (line) => line.replace('"enrolledAt":', '"enrolledAt":-'),
      /Line 4 .*enrolledAt/,
    ],
    ['a list', () => '[]\n', /Line 4 /],
    ['no UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x0a]), /Line 4 .*UTF-8/],
    ['endless', () => `"${'x'.repeat(17 << 20)}"\n`, /Line 4 .*longer than/],
  ];
  test.each(broken)('%s', async (_, spoil, message) => {
    const lines = await linesOf(await filled(4));
    const spoilt = lines.map((line, i) =>
      i === 3 ? spoil(line) : i < 3 ? Buffer.from(line) : line,
    );
    const other = await open();
    await expect(
      into(
        other,
        spoilt.map((line) => Buffer.from(line)),
      ),
    ).rejects.toMatchObject({
      code: 'ERR_GALLERY',
      message: expect.stringMatching(message),
    });
    expect((await other.stats()).entries).toBe(0);
    expect(await into(other, lines)).toEqual({ entries: 4, added: 4 });
  });

  test('after batches that are kept, it says how many', async () => {
    const lines = await linesOf(await filled(1500));
    lines[1400] = 'no json\n';
    const other = await open();
    await expect(into(other, lines)).rejects.toThrow(
      /^Line 1401 of .*The first 1000 entries are in the gallery \(1000 of them new\), the rest is not/,
    );
    expect((await other.stats()).entries).toBe(1000);
  });

  test('what is no export at all', async () => {
    const other = await open();
    for (const [lines, message] of [
      [[], /empty/],
      [['{"a":1}\n'], /Line 1 .*header of an export/],
      [['\n'], /Line 1 /],
      [[5 as unknown as string], /lines must be text or bytes/],
    ] as const) {
      await expect(into(other, lines)).rejects.toThrow(message);
    }
    // An error of the input is its own.
    async function* failing() {
      yield '';
      throw new Error('the disk is gone');
    }
    await expect(importLines(other, make, failing(), undefined)).rejects.toThrow('disk is gone');
  });
});
