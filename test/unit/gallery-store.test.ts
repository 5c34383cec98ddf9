/** The gallery's SQLite file: what it keeps, what others write, what it refuses. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sqliteGalleryStore } from '../../src/gallery/sqlite/gallery-store.js';
import type { GalleryMake, GalleryStore, NewEntry } from '../../src/gallery/store.js';
import { sqliteStore } from '../../src/index.js';
import { unit } from '../vectors.js';

const DIMENSION = 16;
const make: GalleryMake = { model: 'm', fingerprint: 'm:1', dimension: DIMENSION };

let folder: string;
let file: string;
const opened: GalleryStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-gallery-'));
  file = join(folder, 'gallery.db');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(
  more: { keepCrops?: boolean; vectors?: 'float32' | 'int8'; make?: GalleryMake } = {},
) {
  const store = sqliteGalleryStore({ file, vectors: more.vectors ?? 'float32' });
  opened.push(store);
  await store.open(more.make ?? make, { keepCrops: more.keepCrops ?? false });
  return store;
}

const entry = (subject: string, seed: number, more: Partial<NewEntry> = {}): NewEntry => ({
  subject,
  embedding: unit(DIMENSION, seed),
  contentHash: `hash ${seed}`,
  source: `${seed}.jpg`,
  metadata: { seed },
  crop: null,
  ...more,
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const named = async (store: GalleryStore, seed: number, limit = 3) =>
  (await store.search(unit(DIMENSION, seed), { limit })).map(({ subject }) => subject);

test('keeps entries, once each, and gives them back as they were', async () => {
  const store = await open({ keepCrops: true });
  const crop = new Uint8Array(112 * 112 * 3).fill(7);
  const first = await store.add([entry('Ada', 1, { crop }), entry('Bea', 2, { metadata: null })]);
  expect(first).toEqual([
    { id: 1, added: true },
    { id: 2, added: true },
  ]);
  expect(await store.add([entry('Ada', 1), entry('Bea', 1)])).toEqual([
    { id: 1, added: false },
    { id: 3, added: true },
  ]);
  expect(await store.find('Ada', 'hash 1')).toBe(1);
  expect(await store.find('Ada', 'hash 2')).toBeUndefined();
  const [ada] = await all(store.entries({ subject: 'Ada' }));
  expect(ada).toMatchObject({ id: 1, subject: 'Ada', source: '1.jpg', metadata: { seed: 1 } });
  expect(ada?.embedding).toEqual(unit(DIMENSION, 1));
  expect(Buffer.from(ada?.crop ?? []).equals(Buffer.from(crop))).toBe(true);
  expect((await all(store.entries({ afterId: 1 }))).map(({ id }) => id)).toEqual([2, 3]);
  expect(await store.subjects()).toMatchObject([
    { subject: 'Ada', entries: 1 },
    { subject: 'Bea', entries: 2 },
  ]);
  expect(await store.stats()).toMatchObject({
    kind: 'sqlite',
    make,
    subjects: 2,
    entries: 3,
    keepsCrops: true,
  });
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('all or none', async () => {
  const store = await open();
  const broken = entry('Ada', 2, { metadata: { count: 1n } });
  await expect(store.add([entry('Ada', 1), broken])).rejects.toThrow();
  expect(await store.find('Ada', 'hash 1')).toBeUndefined();
});

describe.each(['float32', 'int8'] as const)('search with %s', (vectors) => {
  test('agrees with the definition, grouped by subject', async () => {
    const store = await open({ vectors });
    await store.add(Array.from({ length: 2000 }, (_, i) => entry(`s${i % 300}`, i)));
    for (const seed of [5000, 5001, 5002]) {
      const probe = unit(DIMENSION, seed);
      const best = new Map<string, number>();
      for await (const { subject, embedding } of store.entries()) {
        const distance = 1 - embedding.reduce((sum, x, k) => sum + x * (probe[k] as number), 0);
        best.set(subject, Math.min(best.get(subject) ?? 9, distance));
      }
      const wanted = [...best].sort((a, b) => a[1] - b[1]).slice(0, 7);
      const found = await store.search(probe, { limit: 7 });
      expect(found.map(({ subject }) => subject)).toEqual(wanted.map(([subject]) => subject));
      for (const [i, { distance }] of found.entries())
        expect(distance).toBeCloseTo(wanted[i]?.[1] as number, 5);
    }
    expect(await store.search(unit(DIMENSION, 1), { limit: 1000 })).toHaveLength(300);
  });

  test('follows what this and other processes add, remove, rename and merge', async () => {
    const [store, other] = [await open({ vectors }), await open({ vectors })];
    expect(await named(store, 1)).toEqual([]);
    await other.add([entry('Ada', 1), entry('Bea', 2)]);
    expect(await named(store, 1)).toContain('Ada');
    await other.rename('Ada', 'Eve');
    expect((await named(store, 1))[0]).toBe('Eve');
    await store.add([entry('Bea', 1), entry('Eve', 3)]);
    expect(await other.rename('Eve', 'Bea')).toBe(2);
    expect(await named(store, 1)).toEqual(['Bea']);
    expect((await other.subjects())[0]).toMatchObject({ subject: 'Bea', entries: 3 });
    expect(await other.remove('Bea', 2)).toBe(1);
    expect(await other.remove('Bea', 2)).toBe(0);
    expect((await store.search(unit(DIMENSION, 2), { limit: 1 }))[0]?.entry).not.toBe(2);
    expect(await store.remove('Bea')).toBe(2);
    expect(await named(other, 1)).toEqual([]);
    expect(await other.subjects()).toEqual([]);
  });
});

test('many removals: rows close up, and the rest is found', async () => {
  const store = await open();
  await store.add(
    Array.from({ length: 40_000 }, (_, i) => entry(i % 4 === 0 ? `keep ${i}` : 'gone', i)),
  );
  expect((await named(store, 4, 1))[0]).toBe('keep 4');
  expect(await store.remove('gone')).toBe(30_000);
  for (const seed of [0, 4, 20_000, 39_996])
    expect((await named(store, seed, 1))[0]).toBe(`keep ${seed}`);
  await store.add([entry('new', 50_000)]);
  expect((await named(store, 50_000, 1))[0]).toBe('new');
  expect((await named(store, 39_996, 1))[0]).toBe('keep 39996');
});

test('the distance to one subject', async () => {
  const store = await open();
  await store.add([entry('Ada', 1), entry('Ada', 2), entry('Bea', 3)]);
  expect(await store.distanceTo('Ada', unit(DIMENSION, 2))).toMatchObject({
    entry: 2,
    subject: 'Ada',
  });
  expect((await store.distanceTo('Ada', unit(DIMENSION, 2)))?.distance).toBeCloseTo(0, 6);
  expect(await store.distanceTo('Cleo', unit(DIMENSION, 2))).toBeUndefined();
});

test('forgetting leaves nothing in the files', async () => {
  const store = await open({ keepCrops: true });
  // Another user of the file, who is not reading at the moment, is no hindrance.
  const other = await open();
  const secret = entry('Ada Secretname', 1, {
    source: 'secret-source.jpg',
    metadata: { note: 'secret-note' },
    crop: new Uint8Array(37_632).fill(0xc7),
  });
  await store.add([secret, entry('Bea', 2)]);
  await store.rename('Ada Secretname', 'Secretname Ada');
  expect(await named(other, 1, 1)).toEqual(['Secretname Ada']);
  const traces = [
    Buffer.from('Secretname'),
    Buffer.from('secret-source'),
    Buffer.from('secret-note'),
    Buffer.from(secret.embedding.buffer).subarray(0, 16),
    Buffer.alloc(64, 0xc7),
  ];
  const seen = () =>
    traces.map((trace) =>
      readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(trace)),
    );
  expect(seen()).toEqual(traces.map(() => true));
  expect(await store.forget('Secretname Ada')).toBe(1);
  expect(seen()).toEqual(traces.map(() => false));
  expect(statSync(`${file}-wal`).size).toBe(0);
  expect(await named(store, 1)).toEqual(['Bea']);
  expect(await named(other, 1)).toEqual(['Bea']);
  expect(await store.forget('nobody')).toBe(0);
});

test('another make is refused, with both names and the way out; new vectors and make together', async () => {
  const store = await open();
  await store.add([entry('Ada', 1), entry('Bea', 2)]);
  const other: GalleryMake = { model: 'n', fingerprint: 'n:2', dimension: 8 };
  await expect(open({ make: other })).rejects.toMatchObject({
    code: 'ERR_GALLERY',
    message: expect.stringMatching(/m:1.*n:2.*reembed/s),
  });
  expect(await store.savedMake?.()).toEqual(make);
  const watching = await open();
  expect(await named(watching, 1, 1)).toEqual(['Ada']);

  async function* vectors(ids: number[]) {
    for (const id of ids) yield { id, embedding: unit(8, id + 10) };
  }
  await expect(store.replaceEmbeddings(other, vectors([1]))).rejects.toMatchObject({
    code: 'ERR_GALLERY',
  });
  expect(await named(store, 1, 1)).toEqual(['Ada']);
  expect(await store.replaceEmbeddings(other, vectors([1, 2]))).toBe(2);
  expect((await store.search(unit(8, 12), { limit: 1 }))[0]?.subject).toBe('Bea');
  await expect(watching.search(unit(DIMENSION, 1), { limit: 1 })).rejects.toMatchObject({
    code: 'ERR_GALLERY',
  });
  await expect(watching.add([entry('Cleo', 3)])).rejects.toMatchObject({ code: 'ERR_GALLERY' });
  await open({ make: other });
});

test('a writer that has the file locked for a while is waited for, off the event loop', async () => {
  const store = await open();
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  // Released by the event loop itself: had it been blocked, the lock would never go.
  const ticking = setInterval(() => {
    if (++ticks === 5) other.exec('ROLLBACK');
  }, 5);
  const adding = store.add([entry('Ada', 1)]);
  expect(await adding).toEqual([{ id: 1, added: true }]);
  clearInterval(ticking);
  other.close();
  expect(ticks).toBeGreaterThanOrEqual(5);
});

test('two processes that enrol the same, at once', async () => {
  const first = await open();
  const second = await open();
  const work = [first, second].flatMap((store) =>
    Array.from({ length: 20 }, (_, i) => store.add([entry(`s${i}`, i)])),
  );
  const added = (await Promise.all(work)).flat();
  expect(added.filter((one) => one.added)).toHaveLength(20);
  expect((await first.stats()).entries).toBe(20);
});

describe('files that are refused, and left as they are', () => {
  test.each([
    [
      'no database',
      () => writeFileSync(file, 'a letter to somebody, long enough to be read'.repeat(100)),
    ],
    [
      "another program's",
      () => {
        const foreign = new Database(file);
        foreign.exec('CREATE TABLE accounts (id)');
        foreign.close();
      },
    ],
    ['a cache', () => sqliteStore({ file }).close?.()],
    [
      'a newer version',
      async () => {
        await (await open()).close();
        const newer = new Database(file);
        newer.pragma('user_version = 99');
        newer.close();
      },
    ],
    [
      'damaged',
      async () => {
        const store = await open();
        await store.add(Array.from({ length: 500 }, (_, i) => entry('Ada', i)));
        await store.close();
        const bytes = readFileSync(file);
        bytes.fill(0xa5, 4096);
        writeFileSync(file, bytes);
      },
    ],
  ])('%s', async (_, prepare) => {
    await prepare();
    const before = readFileSync(file);
    await expect(
      (async () => {
        const store = await open();
        await store.search(unit(DIMENSION, 1), { limit: 1 });
      })(),
    ).rejects.toMatchObject({ code: 'ERR_GALLERY', message: expect.stringContaining(file) });
    for (const store of opened.splice(0)) await store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
  });

  test('a folder that is not there; a gallery without crops asked for crops; a closed one', async () => {
    const nowhere = sqliteGalleryStore({ file: join(folder, 'no', 'gallery.db') });
    await expect(nowhere.open(make, { keepCrops: false })).rejects.toMatchObject({
      code: 'ERR_GALLERY',
    });
    const store = await open();
    await expect(open({ keepCrops: true })).rejects.toThrow(/without crops/);
    await store.close();
    await store.close();
    await expect(store.subjects()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(store.search(unit(DIMENSION, 1), { limit: 1 })).rejects.toMatchObject({
      code: 'ERR_CLOSED',
    });
    expect(() => sqliteGalleryStore({ file: 5 as never })).toThrow(TypeError);
    expect(() => sqliteGalleryStore({ file, vectors: 'int4' as never })).toThrow(RangeError);
  });
});

test('the file is readable by SQLite itself', async () => {
  const store = await open();
  await store.add([entry('Ada', 1)]);
  await store.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  const checked = spawnSync(
    process.execPath,
    [
      '-p',
      `new (require('better-sqlite3'))(${JSON.stringify(file)}).pragma('integrity_check', { simple: true })`,
    ],
    { encoding: 'utf8' },
  );
  expect(checked.stdout.trim()).toBe('ok');
});
