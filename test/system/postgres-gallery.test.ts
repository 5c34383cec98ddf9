/** The gallery's store in a real PostgreSQL. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cosineDistance, direction, randomOf, unit } from '../../bench/random-vectors.mjs';
import { startPostgres } from '../../scripts/postgres.mjs';
import { postgresGalleryStore } from '../../src/gallery/postgres/gallery-store.js';
import type { GalleryEntry, GalleryStore, NewEntry } from '../../src/gallery/store.js';

const make = { model: 'drawn', fingerprint: 'drawn:1', dimension: 16 };
let server: Awaited<ReturnType<typeof startPostgres>>;
let admin: pg.Client;
let schema = '';
let count = 0;
const open: GalleryStore[] = [];

beforeAll(async () => {
  server = await startPostgres();
  admin = new pg.Client(server.uri);
  await admin.connect();
}, 300_000);

afterAll(async () => {
  for (const store of open) await store.close();
  await admin?.end();
  await server?.stop();
});

beforeEach(() => {
  schema = `gallery_${++count}`;
});

async function openStore(
  options: { keepCrops?: boolean; make?: typeof make; plannerMust?: string } = {},
) {
  const setting = options.plannerMust === undefined ? '' : `-c ${options.plannerMust}`;
  const connectionString = `${server.uri}?options=${encodeURIComponent(setting)}&schema=${schema}`;
  const store = postgresGalleryStore({ connectionString });
  open.push(store);
  await store.open(options.make ?? make, { keepCrops: options.keepCrops ?? false });
  return store;
}

const random = randomOf(9);

function entry(subject: string, contentHash: string, more: Partial<NewEntry> = {}): NewEntry {
  return {
    subject,
    embedding: direction(random, make.dimension),
    contentHash,
    source: null,
    metadata: null,
    crop: null,
    ...more,
  };
}

async function all(
  store: GalleryStore,
  options?: { afterId?: number; subject?: string },
): Promise<GalleryEntry[]> {
  const entries: GalleryEntry[] = [];
  for await (const kept of store.entries(options)) entries.push(kept);
  return entries;
}

it('gives back what it was given, to the last digit', async () => {
  const store = await openStore({ keepCrops: true });
  const ada = entry('Ada "O\'Hara" \\ {x,y} 顔', 'h1', {
    source: "a, b'; DROP TABLE x.jpg",
    metadata: { b: [1, null, 'ß'], a: { n: 0.1 } },
    crop: Uint8Array.from({ length: 300 }, (_, i) => i % 256),
  });
  const [added] = await store.add([ada]);
  expect(added?.added).toBe(true);
  const [kept] = await all(store);
  expect(kept).toEqual({ ...ada, id: added?.id, enrolledAt: kept?.enrolledAt });
  expect(Math.abs((kept?.enrolledAt ?? 0) - Date.now())).toBeLessThan(3_600_000);
});

it('keeps one content of a subject once', async () => {
  const store = await openStore();
  const first = entry('Ada', 'h1');
  const [once, twice, other] = await store.add([first, first, entry('Bob', 'h1')]);
  expect([once?.added, twice?.added, other?.added]).toEqual([true, false, true]);
  expect(twice?.id).toBe(once?.id);
  const again = await store.add([entry('Ada', 'h1'), entry('Ada', 'h2')]);
  expect(again[0]).toEqual({ id: once?.id, added: false });
  expect(again[1]?.added).toBe(true);
  expect(again[1]?.id).toBeGreaterThan(other?.id ?? 0);
  expect(await store.find('Ada', 'h2')).toBe(again[1]?.id);
  expect(await store.find('Bob', 'h2')).toBeUndefined();
  expect(await all(store)).toHaveLength(3);
  expect(await store.add([])).toEqual([]);
});

it('adds all or none', async () => {
  const store = await openStore();
  const bad = entry('Bob', 'h', { source: 'nul \0 byte' });
  await expect(store.add([entry('Ada', 'h'), bad])).rejects.toMatchObject({ code: 'ERR_GALLERY' });
  expect(await all(store)).toEqual([]);
  const long = entry('Ada', 'h', { embedding: new Float32Array(17) });
  await expect(store.add([long])).rejects.toThrow(RangeError);
});

it('takes names in their normal form, and keeps when an entry was enrolled', async () => {
  const store = await openStore();
  const [one, two] = ['Jos\u00e9', 'Jose\u0301'];
  await store.add([entry(one, 'h1', { enrolledAt: 1234 }), entry(` ${two}`, 'h2')]);
  expect(await store.subjects()).toMatchObject([
    { subject: one, entries: 2, firstEnrolledAt: 1234 },
  ]);
  expect(await all(store, { subject: two })).toHaveLength(2);
  expect(await store.find(two, 'h2')).toBeTypeOf('number');
  expect(await store.distanceTo(two, direction(random, 16))).toMatchObject({ subject: one });
  expect(await store.rename(two, 'Ada ')).toBe(2);
  expect(await store.rename('Ada', two)).toBe(2);
  expect(await store.remove(two)).toBe(2);
  for (const name of [' ', 'a\0b', 'x'.repeat(513)]) {
    await expect(store.add([entry(name, 'h')])).rejects.toThrow(RangeError);
  }
});

it('brings names of an earlier version to their normal form, and merges them', async () => {
  const store = await openStore();
  await store.add(
    ['a', 'b', 'c'].flatMap((name) => [entry(name, 'same'), entry(name, `own ${name}`)]),
  );
  const [one, two] = ['Jos\u00e9', 'Jose\u0301'];
  for (const [from, to] of [
    ['a', one],
    ['b', two],
    ['c', ' '],
  ]) {
    await admin.query(`UPDATE ${schema}.entries SET subject = $2 WHERE subject = $1`, [from, to]);
  }
  await admin.query(`DELETE FROM ${schema}.migrations WHERE version = 2`);
  const again = await openStore();
  expect((await again.subjects()).map(({ subject, entries }) => [subject, entries])).toEqual([
    [one, 3],
    ['unnamed', 2],
  ]);
});

it('lists more subjects than come in one page', async () => {
  const store = await openStore();
  const names = Array.from({ length: 2500 }, (_, i) => `subject ${String(i).padStart(5, '0')}`);
  await store.add(names.map((name) => entry(name, 'h')));
  expect((await store.subjects()).map(({ subject }) => subject)).toEqual(names);
});

it('finds the nearest subjects, each once, as an exact search does', async () => {
  const store = await openStore();
  const centres = Array.from({ length: 60 }, () => direction(random, make.dimension));
  const entries = centres.flatMap((centre, i) =>
    Array.from({ length: i === 0 ? 700 : 10 }, (_, k) =>
      entry(`s${i}`, `h${k}`, {
        embedding: direction(random, make.dimension, { centre, noise: 0.3 }),
        metadata: { k },
      }),
    ),
  );
  await store.add(entries);
  for (const centre of centres.slice(0, 10)) {
    const probe = direction(random, make.dimension, { centre, noise: 0.3 });
    const nearest = new Map<string, number>();
    for (const { subject, embedding } of entries) {
      const distance = cosineDistance(probe, embedding);
      if (distance < (nearest.get(subject) ?? 3)) nearest.set(subject, distance);
    }
    const exact = [...nearest].sort(([, a], [, b]) => a - b);
    // More subjects than there are entries around the probe: 700 of them are of one subject.
    for (const limit of [1, 5, 60, 100]) {
      const found = await store.search(probe, { limit });
      expect(found.map(({ subject }) => subject)).toEqual(
        exact.slice(0, limit).map(([subject]) => subject),
      );
      for (const [i, { distance }] of found.entries()) {
        expect(distance).toBeCloseTo(exact[i]?.[1] ?? 3, 5);
      }
    }
    const [, second] = exact;
    const one = await store.distanceTo(second?.[0] ?? '', probe);
    expect(one?.subject).toBe(second?.[0]);
    expect(one?.distance).toBeCloseTo(second?.[1] ?? 3, 5);
  }
  const probe = unit(new Float32Array(make.dimension).fill(1));
  expect(await store.distanceTo('nobody', probe)).toBeUndefined();
  const aborted = store.search(probe, { limit: 1, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});

it('asks so that the index can answer', async () => {
  const store = await openStore({ plannerMust: 'enable_seqscan=off' });
  await store.add(Array.from({ length: 500 }, (_, i) => entry(`s${i}`, 'h')));
  const scans = async (): Promise<number> => {
    const { rows } = await admin.query<{ idx_scan: string }>(
      "SELECT idx_scan FROM pg_stat_all_indexes WHERE schemaname = $1 AND indexrelname = 'entries_embedding'",
      [schema],
    );
    return Number(rows[0]?.idx_scan);
  };
  expect(await scans()).toBe(0);
  const found = await store.search(direction(random, make.dimension), { limit: 300 });
  expect(found).toHaveLength(300);
  // A server's process hands on its counts at the end of a transaction, once a second.
  const scansNow = async () => {
    await Promise.all(Array.from({ length: 10 }, () => store.subjects()));
    return await scans();
  };
  await expect.poll(scansNow, { timeout: 30_000 }).toBeGreaterThan(0);
});

it('lists entries in pages, from an id on and of one subject', async () => {
  const store = await openStore();
  await store.add(Array.from({ length: 1203 }, (_, i) => entry(i % 3 === 0 ? 'a' : 'b', `h${i}`)));
  const entries = await all(store);
  expect(entries.map(({ contentHash }) => contentHash)).toEqual(
    Array.from({ length: 1203 }, (_, i) => `h${i}`),
  );
  const rest = await all(store, { afterId: entries[700]?.id ?? 0 });
  expect(rest.map(({ id }) => id)).toEqual(entries.slice(701).map(({ id }) => id));
  expect(await all(store, { subject: 'a' })).toHaveLength(401);
});

it('sums up subjects, renames, merges and removes', async () => {
  const store = await openStore();
  const added = await store.add([
    entry('b', 'h1'),
    entry('b', 'h2'),
    entry('a', 'h1'),
    entry('c', 'h1'),
  ]);
  const subjects = await store.subjects();
  expect(subjects.map(({ subject, entries }) => [subject, entries])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 1],
  ]);
  expect(subjects[1]?.lastEnrolledAt).toBeGreaterThanOrEqual(subjects[1]?.firstEnrolledAt ?? 0);
  expect(await store.rename('b', 'a')).toBe(2);
  expect((await all(store)).map(({ subject, contentHash }) => [subject, contentHash])).toEqual([
    ['a', 'h2'],
    ['a', 'h1'],
    ['c', 'h1'],
  ]);
  expect(await store.rename('nobody', 'a')).toBe(0);
  expect(await store.rename('a', 'a')).toBe(2);
  expect(await store.remove('a', added[3]?.id ?? 0)).toBe(0);
  expect(await store.remove('a', added[1]?.id ?? 0)).toBe(1);
  expect(await store.remove('a')).toBe(1);
  expect(await store.stats()).toMatchObject({ kind: 'postgres', make, subjects: 1, entries: 1 });
  expect((await store.stats()).bytes).toBeGreaterThan(0);
});

it('shows one store at once what another wrote', async () => {
  const [one, two] = await Promise.all([openStore(), openStore()]);
  const ada = entry('Ada', 'h1');
  await one.add([ada]);
  const [found] = await two.search(ada.embedding, { limit: 1 });
  expect(found?.subject).toBe('Ada');
  // The same contents from both at a time, in opposite orders: no deadlock, each once.
  const many = Array.from({ length: 300 }, (_, i) => entry('Bob', `h${i}`));
  const outcomes = await Promise.all([one.add(many), two.add([...many].reverse())]);
  expect(outcomes.flat().filter(({ added }) => added)).toHaveLength(300);
  await two.remove('Ada');
  expect(await one.find('Ada', 'h1')).toBeUndefined();
});

it('refuses another make and says the way out', async () => {
  await openStore();
  const other = { model: 'other', fingerprint: 'other:1', dimension: 16 };
  await expect(openStore({ make: other })).rejects.toMatchObject({
    code: 'ERR_GALLERY',
    message: expect.stringMatching(/drawn:1.*other:1.*reembed/),
  });
});

it('knows what it was made with before it is opened', async () => {
  const connectionString = `${server.uri}?schema=${schema}`;
  const store = postgresGalleryStore({ connectionString });
  open.push(store);
  expect(await store.savedMake?.()).toBeUndefined();
  await openStore();
  expect(await store.savedMake?.()).toEqual(make);
});

it('keeps crops from the beginning or never', async () => {
  const store = await openStore();
  await store.add([entry('Ada', 'h', { crop: new Uint8Array(3) })]);
  expect((await all(store))[0]?.crop).toBeNull();
  await expect(openStore({ keepCrops: true })).rejects.toThrow(/without crops/);
});

it('refuses tables of a newer version', async () => {
  await openStore();
  await admin.query(`INSERT INTO "${schema}".migrations (version) VALUES (99)`);
  await expect(openStore()).rejects.toMatchObject({
    code: 'ERR_GALLERY',
    message: expect.stringContaining('Update mnn-face'),
  });
});

it('exchanges all embeddings or none, also for another length', async () => {
  const store = await openStore();
  const bystander = await openStore();
  await store.add(Array.from({ length: 700 }, (_, i) => entry(`s${i}`, 'h')));
  const wide = { model: 'wide', fingerprint: 'wide:1', dimension: 2048 };
  async function* renewed(skip: number) {
    for await (const { id } of store.entries()) {
      if (skip-- <= 0) yield { id, embedding: direction(randomOf(id), wide.dimension) };
    }
  }
  await expect(store.replaceEmbeddings(wide, renewed(1))).rejects.toThrow(/1 entries.*Nothing/);
  expect((await store.stats()).make).toEqual(make);
  expect(await store.replaceEmbeddings(wide, renewed(0))).toBe(700);
  expect((await store.stats()).make).toEqual(wide);
  const entries = await all(store);
  const last = entries.at(-1);
  expect(last?.embedding).toEqual(direction(randomOf(last?.id ?? 0), wide.dimension));
  const [found] = await store.search(last?.embedding ?? new Float32Array(), { limit: 1 });
  expect(found).toMatchObject({ subject: 's699', entry: last?.id });
  // Who opened it before must not search new vectors with old ones.
  const old = bystander.search(direction(random, make.dimension), { limit: 1 });
  await expect(old).rejects.toMatchObject({ code: 'ERR_GALLERY' });
});

it('lets nobody add while all embeddings are exchanged', async () => {
  const store = await openStore();
  const other = await openStore();
  await store.add([entry('Ada', 'h')]);
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  async function* renewed() {
    for await (const { id, embedding } of store.entries()) yield { id, embedding };
    await gate;
  }
  const exchanged = store.replaceEmbeddings({ ...make, fingerprint: 'drawn:2' }, renewed());
  const locks = async (granted: boolean) => {
    const { rows } = await admin.query(
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted = $1",
      [granted],
    );
    return rows.length;
  };
  await expect.poll(() => locks(true)).toBe(1);
  const added = other.add([entry('Bob', 'h')]);
  await expect.poll(() => locks(false)).toBe(1);
  // Its vector is of the old make.
  const refused = expect(added).rejects.toMatchObject({ code: 'ERR_GALLERY' });
  go();
  expect(await exchanged).toBe(1);
  await refused;
  expect(await all(store)).toHaveLength(1);
});

async function fileHolds(text: string): Promise<boolean> {
  await admin.query('CHECKPOINT');
  const { rows } = await admin.query<{ bytes: Buffer }>(
    'SELECT pg_read_binary_file(pg_relation_filepath($1::regclass)) AS bytes',
    [`"${schema}".entries`],
  );
  return rows[0]?.bytes.includes(text) ?? false;
}

it('forgets: the files hold nothing of the subject any more', async () => {
  const store = await openStore();
  // Side by side in the same pages, where a plain VACUUM leaves bytes between what stays.
  const entries = Array.from({ length: 100 }, (_, i) =>
    i % 2 === 0 ? entry('Ada', `h${i}`, { source: 'FORGET-ME' }) : entry('Bob', `h${i}`),
  );
  await store.add(entries);
  expect(await fileHolds('FORGET-ME')).toBe(true);
  // A transaction that could still see the entry: it would be copied with the rest.
  const reader = new pg.Client(server.uri);
  await reader.connect();
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await reader.query('SELECT 1');
  const forgotten = store.forget('Ada');
  await expect.poll(() => store.find('Ada', 'h0')).toBeUndefined();
  for (let i = 0; i < 20; i++) await store.subjects();
  await reader.query('COMMIT');
  await reader.end();
  expect(await forgotten).toBe(50);
  expect(await fileHolds('FORGET-ME')).toBe(false);
  expect(await all(store)).toHaveLength(50);
  expect(await store.forget('nobody')).toBe(0);
});

it('goes on after all of its connections were cut', async () => {
  const store = await openStore();
  const ada = entry('Ada', 'h1');
  await store.add([ada]);
  const cut = () =>
    admin.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mnn-face'",
    );
  await cut();
  expect(await store.search(ada.embedding, { limit: 1 })).toHaveLength(1);
  // And in the midst of work.
  const works = Array.from({ length: 40 }, (_, i) => store.add([entry('Bob', `h${i}`)]));
  await cut();
  await Promise.all(works);
  expect(await all(store, { subject: 'Bob' })).toHaveLength(40);
});

it('is closed when it was closed', async () => {
  const store = await openStore();
  await store.close();
  await store.close();
  await expect(store.subjects()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

it('refuses wrong options and servers that are not there', async () => {
  const at = (connectionString: string, more = {}) =>
    postgresGalleryStore({ connectionString, ...more });
  expect(() => at(server.uri, { schema: 'x"; DROP TABLE y' })).toThrow(RangeError);
  expect(() => at(`${server.uri}?schema=Pg_x`)).toThrow(RangeError);
  expect(() => at(server.uri, { poolSize: 1 })).toThrow(RangeError);
  expect(() => at(server.uri, { pool: 3 })).toThrow(TypeError);
  const nobody = at('postgres://me:secret@127.0.0.1:1/db');
  await expect(nobody.open(make, { keepCrops: false })).rejects.toMatchObject({
    code: 'ERR_GALLERY',
    message: expect.not.stringContaining('secret'),
  });
  const unopened = at(server.uri);
  await expect(unopened.subjects()).rejects.toThrow(/open\(\)/);
});
