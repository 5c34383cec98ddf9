/** One person, one name, in galleries of a file; and where a gallery can be. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storeAt } from '../../src/gallery/open-store.js';
import { sqliteGalleryStore } from '../../src/gallery/sqlite/gallery-store.js';
import { MIGRATIONS } from '../../src/gallery/sqlite/schema.js';
import type { GalleryMake, GalleryStore, NewEntry } from '../../src/gallery/store.js';
import { checkSubject } from '../../src/gallery/subject.js';
import { unit } from '../vectors.js';

const DIMENSION = 16;
const make: GalleryMake = { model: 'm', fingerprint: 'm:1', dimension: DIMENSION };
/** é as one letter, and as e with an accent, as a Mac's file names have it. */
const ONE = 'Jos\u00e9';
const TWO = 'Jose\u0301';

let folder: string;
let file: string;
const opened: GalleryStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-names-'));
  file = join(folder, 'gallery.db');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<GalleryStore> {
  const store = sqliteGalleryStore({ file });
  opened.push(store);
  await store.open(make, { keepCrops: false });
  return store;
}

const entry = (subject: string, seed: number, more: Partial<NewEntry> = {}): NewEntry => ({
  subject,
  embedding: unit(DIMENSION, seed),
  contentHash: `hash ${seed}`,
  source: null,
  metadata: null,
  crop: null,
  ...more,
});

async function named(store: GalleryStore, subject?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const one of store.entries(subject === undefined ? {} : { subject })) {
    names.push(one.subject);
  }
  return names;
}

test('é is one letter however it is typed, and blanks around a name are none of it', async () => {
  const store = await open();
  const added = await store.add([entry(ONE, 1), entry(TWO, 1), entry(` ${TWO}\n`, 2)]);
  expect(added.map(({ added: isNew }) => isNew)).toEqual([true, false, true]);
  expect(await store.subjects()).toMatchObject([{ subject: ONE, entries: 2 }]);
  expect(await store.find(TWO, 'hash 1')).toBe(1);
  expect(await named(store, TWO)).toEqual([ONE, ONE]);
  expect(await store.distanceTo(TWO, unit(DIMENSION, 2))).toMatchObject({ subject: ONE, entry: 2 });
  expect(await store.rename(TWO, 'Ada ')).toBe(2);
  expect(await named(store)).toEqual(['Ada', 'Ada']);
  expect(await store.rename('Ada', TWO)).toBe(2);
  expect(await store.remove(TWO, 1)).toBe(1);
  expect(await store.forget(TWO)).toBe(1);
  expect(await store.search(unit(DIMENSION, 2), { limit: 5 })).toEqual([]);
});

test('a file of version 1: names of one person become one, and blank ones can be removed', async () => {
  const old = new Database(file);
  old.exec(MIGRATIONS[0] as string);
  old.pragma(`application_id = ${0x6d6e6667}`);
  old.pragma('user_version = 1');
  old.exec("INSERT INTO make VALUES (1, 'm', 'm:1', 16, 0, 1)");
  for (const [i, name] of [ONE, TWO, ' Ada', 'Bea', ' '].entries()) {
    old.prepare('INSERT INTO subject (name) VALUES (?)').run(name);
    for (const hash of ['same', `own ${i}`]) {
      old
        .prepare(
          'INSERT INTO entry (subject, content_hash, enrolled_at, embedding) VALUES (?, ?, ?, ?)',
        )
        .run(i + 1, hash, 1000 + i, Buffer.from(unit(DIMENSION, i).buffer));
    }
  }
  old.close();
  const store = await open();
  expect((await store.subjects()).map(({ subject, entries }) => [subject, entries])).toEqual([
    ['Ada', 2],
    ['Bea', 2],
    [ONE, 3],
    ['unnamed', 2],
  ]);
  expect(await store.forget(TWO)).toBe(3);
  expect(await store.remove('unnamed')).toBe(2);
  await store.close();
  const now = new Database(file, { readonly: true });
  expect(now.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
  now.close();
});

describe('names that no subject can have', () => {
  test.each([
    ['', /at least one visible character/],
    [' \t\n', /at least one visible character/],
    ['\u200b', /at least one visible character/],
    ['a\0b', /without a NUL character/],
    ['a\ud800', /half a character/],
    ['x'.repeat(513), /at most 512 characters long \(this one has 513\)/],
  ])('%j', async (name, message) => {
    expect(() => checkSubject('subject', name)).toThrow(message);
    const store = await open();
    await expect(store.add([entry('Ada', 1), entry(name, 2)])).rejects.toThrow(RangeError);
    await expect(store.remove(name)).rejects.toThrow(message);
    expect((await store.stats()).entries).toBe(0);
  });

  test.each(['顔', '🙂', '5', '-', 'x'.repeat(512), 'a  b'])('but %j can', (name) => {
    expect(checkSubject('subject', name)).toBe(name);
  });
});

describe('where a gallery can be', () => {
  test.each([
    '',
    ' ',
    ':memory:',
    ':MEMORY:',
    'gallery.db ',
    'a\0b',
    'mysql://user:secret@host/db',
    'postgres:db',
    'file://host/share/gallery.db',
    'https://host/gallery.db',
  ])('not at %j', (where) => {
    const before = readdirSync('.');
    const refused = () => storeAt(where, undefined);
    expect(refused).toThrow(RangeError);
    expect(refused).not.toThrow(/secret/);
    expect(readdirSync('.')).toEqual(before);
  });

  test('at a file: URL, as text and as an object', async () => {
    const url = pathToFileURL(file);
    for (const where of [url, url.href]) {
      const store = storeAt(where, undefined);
      opened.push(store);
      await store.open(make, { keepCrops: false });
      expect(existsSync(file)).toBe(true);
    }
    expect(() => storeAt(5, undefined)).toThrow(TypeError);
  });

  test('in a folder, not at it; in one that is there', async () => {
    for (const [where, message] of [
      [folder, /is a folder/],
      [join(folder, 'no', 'gallery.db'), /there is no folder/],
    ] as const) {
      const store = storeAt(where, undefined);
      opened.push(store);
      await expect(store.open(make, { keepCrops: false })).rejects.toMatchObject({
        code: 'ERR_GALLERY',
        message: expect.stringMatching(message),
      });
    }
  });
});

test('when it was enrolled is kept, where that is given', async () => {
  const store = await open();
  await store.add([entry('Ada', 1, { enrolledAt: 1234 }), entry('Ada', 2)]);
  const [summary] = await store.subjects();
  expect(summary?.firstEnrolledAt).toBe(1234);
  expect(Math.abs((summary?.lastEnrolledAt ?? 0) - Date.now())).toBeLessThan(60_000);
});
