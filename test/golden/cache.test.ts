/** The caches: what they save, what shapes their keys, what they survive. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CacheStore, createFaces, memoryStore, sqliteStore } from '../../src/index.js';
import { image } from '../data.js';
import { root } from '../process/run.js';
import { stalledStore, until } from '../stalled-store.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-cache-'));
  file = join(folder, 'cache.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const A = image('test4.jpg');
const B = image('test5.jpg');

describe.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore({ file })],
] as [string, () => CacheStore][])('%s', (_, makeStore) => {
  test('a known file gives the same result again', async () => {
    await using faces = createFaces({ cache: makeStore() });
    const first = await faces.embed(A);
    const second = await faces.embed(A);
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
    expect(second.faces[0]?.embedding.fingerprint).toBe(first.fingerprint);
    expect(faces.cacheStats().content).toEqual({ hits: 1, misses: 1, errors: 0 });
    // And what a caller does to its result touches nobody else's.
    first.faces.length = 0;
    expect((await faces.embed(A)).faces).toHaveLength(1);
  });

  test('a pair in either order, match or not, with the threshold of the call', async () => {
    await using faces = createFaces({ cache: makeStore() });
    const plain = createFaces();
    for (const [a, b] of [
      [A, B],
      [A, image('test.jpg')],
    ] as const) {
      const first = await faces.verify(a, b);
      expect(first).toEqual(await plain.verify(a, b));
      expect(await faces.verify(a, b)).toEqual(first);
      const turned = await faces.verify(b, a);
      expect(turned).toEqual({ ...first, faces: [first.faces[1], first.faces[0]] });
      expect(turned).toEqual(await plain.verify(b, a));
    }
    expect(faces.cacheStats().pairs).toEqual({ hits: 4, misses: 2, errors: 0 });
    expect(await faces.verify(A, B, { threshold: 0 })).toMatchObject({
      verified: false,
      threshold: 0,
    });
    await plain.close();
  });

  test('all faces, turned around', async () => {
    await using faces = createFaces({ cache: makeStore(), faces: 'all' });
    const [a, b] = [image('crowd/12.jpg'), image('crowd/13.jpg')];
    const first = await faces.verify(a, b, { faces: 'all' });
    const turned = await faces.verify(b, a, { faces: 'all' });
    expect(faces.cacheStats().pairs).toMatchObject({ hits: 1, misses: 1 });
    expect(turned.distances).toHaveLength(2);
    expect(turned.distances[1]?.[3]).toBe(first.distances[3]?.[1]);
    expect(turned.closest).toEqual([first.closest[1], first.closest[0]]);
  });

  test('every option that shapes the result makes another key', async () => {
    await using faces = createFaces({ cache: makeStore() });
    const crowd = image('crowd/12.jpg');
    const all = [
      {},
      { detector: 'slim-320' },
      { scoreThreshold: 0.9 },
      { iouThreshold: 0.4 },
      { nms: 'blend' },
      { maxFaces: 2 },
      { minSize: 50 },
      { inputSize: { width: 640, height: 480 } },
      { clip: true },
      { landmarks: 'onet' },
      { landmarks: 'yunet' },
    ] as const;
    for (const options of all) await faces.detect(crowd, options);
    expect(faces.cacheStats().content).toMatchObject({ hits: 0, misses: all.length });
    for (const options of all) await faces.detect(crowd, options);
    expect(faces.cacheStats().content).toMatchObject({ hits: all.length });
  });

  test('concurrent calls for one picture compute once', async () => {
    await using faces = createFaces({ cache: makeStore() });
    const results = await Promise.all(Array.from({ length: 10 }, () => faces.embed(A)));
    expect(faces.cacheStats().content).toEqual({ hits: 9, misses: 1, errors: 0 });
    expect(new Set(results).size).toBe(10);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('the size in bytes is kept', async () => {
    const store = makeStore();
    await store.close?.();
    const small =
      store.constructor.name === 'SqliteStore'
        ? sqliteStore({ file: join(folder, 'small.db'), maxBytes: 10_000 })
        : memoryStore({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i++) await small.set(`key ${i}`, new Uint8Array(900));
    let kept = 0;
    for (let i = 0; i < 100; i++) if ((await small.get(`key ${i}`)) !== undefined) kept++;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(11);
    // One value that is larger than all is not kept, and does no harm.
    await small.set('huge', new Uint8Array(20_000));
    expect(await small.get('huge')).toBeUndefined();
    await small.close?.();
  });
});

describe('by pixels', () => {
  test('one picture in two formats counts as one; md5 and sha256 keep apart', async () => {
    const pixels = await sharp(A, { ignoreIcc: true }).resize(400).png().toBuffer();
    const again = await sharp(pixels).webp({ lossless: true }).toBuffer();
    for (const hash of ['sha256', 'md5'] as const) {
      await using faces = createFaces({ cache: { pixels: memoryStore(), hash } });
      expect(await faces.detect(again)).toEqual(await faces.detect(pixels));
      expect(faces.cacheStats().pixels).toEqual({ hits: 1, misses: 1, errors: 0 });
    }
  });

  test('the original keys: MD5 of the RGB bytes', async () => {
    const faces = createFaces();
    const raw = { data: new Uint8Array(12).fill(65), width: 2, height: 2, channels: 3 as const };
    // md5 of "AAAAAAAAAAAA", by md5sum.
    expect(await faces.hash(raw, 'md5')).toBe('02737e4e8c87d7466b623c1f844fdd71');
    await faces.close();
  });
});

describe('a store of one’s own', () => {
  test('three methods are enough, and its failures are misses', async () => {
    const kept = new Map<string, Uint8Array>();
    let broken = false;
    const store: CacheStore = {
      get: async (key) => {
        if (broken) throw new Error('gone');
        return kept.get(key);
      },
      set: async (key, value) => {
        if (broken) throw new Error('gone');
        kept.set(key, value);
      },
    };
    await using faces = createFaces({ cache: store });
    const result = await faces.detect(A);
    expect(await faces.detect(A)).toEqual(result);
    expect(faces.cacheStats().content.hits).toBe(1);
    for (const key of kept.keys()) kept.set(key, Buffer.from('{"faces": "none"}'));
    expect(await faces.detect(A)).toEqual(result);
    broken = true;
    expect(await faces.detect(A)).toEqual(result);
    expect(faces.cacheStats().content.errors).toBe(3);
  });

  test('what is no store is refused', () => {
    for (const cache of [{ get: 1 }, 5, 'memory', { content: {} }, { contents: memoryStore() }]) {
      expect(() => createFaces({ cache: cache as never })).toThrow(TypeError);
    }
    expect(() => memoryStore({ maxBytes: 0 })).toThrow(RangeError);
    expect(() => sqliteStore({ file: 5 as never })).toThrow(TypeError);
  });
});

describe('shared computations', () => {
  const grey = { data: new Uint8Array(300).fill(99), width: 10, height: 10, channels: 3 as const };

  test('an error names the picture in each caller’s own order', async () => {
    await using faces = createFaces({ cache: true });
    const [one, other] = await Promise.allSettled([faces.verify(grey, A), faces.verify(A, grey)]);
    expect(one).toMatchObject({
      reason: { code: 'ERR_NO_FACE', message: expect.stringContaining('in the first picture') },
    });
    expect(other).toMatchObject({
      reason: { message: expect.stringContaining('in the second picture') },
    });
  });

  test('aborting one of two verifies leaves the other alone', async () => {
    const content = stalledStore();
    await using faces = createFaces({ cache: { content, pairs: memoryStore() } });
    const controller = new AbortController();
    const aborted = faces.verify(A, B, { signal: controller.signal });
    const other = faces.verify(A, B);
    // Both wait for one computation, which reads the other store for the two pictures.
    const { pairs } = faces.cacheStats();
    await until(() => {
      const now = faces.cacheStats().pairs;
      return now.hits - pairs.hits === 1 && now.misses - pairs.misses === 1 && content.reads > 0;
    });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    content.release();
    expect((await other).verified).toBe(true);
    expect(content.reads).toBe(2);
  });

  test('memory that is reused after an abort poisons nothing', async () => {
    const pixels = stalledStore();
    await using faces = createFaces({ cache: { pixels } });
    const raw = await sharp(A, { ignoreIcc: true }).raw().toBuffer();
    const picture = { data: raw, width: 1080, height: 720, channels: 3 as const };
    const copy = { ...picture, data: new Uint8Array(raw) };
    const controller = new AbortController();
    const aborted = faces.detect(picture, { signal: controller.signal });
    // The key of its pixels is known, and the detection has not begun.
    await until(() => pixels.reads === 1);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    raw.fill(0);
    pixels.release();
    expect((await faces.detect(copy)).faces).toHaveLength(1);
    expect((await faces.detect(copy)).faces).toHaveLength(1);
  });

  test('precision is part of the key', async () => {
    const store = memoryStore();
    const [high, normal] = [
      createFaces({ cache: store, precision: 'high' }),
      createFaces({ cache: store }),
    ];
    await high.detect(A);
    await normal.detect(A);
    expect(normal.cacheStats().content).toMatchObject({ hits: 0, misses: 1 });
    // Closing one instance leaves the store to the other.
    await high.close();
    await normal.detect(A);
    expect(normal.cacheStats().content).toEqual({ hits: 1, misses: 1, errors: 0 });
    await normal.close();
  });
});

describe('the SQLite file', () => {
  test('that is none is left alone', () => {
    const photo = join(folder, 'photo.jpg');
    writeFileSync(photo, readFileSync(A));
    expect(() => sqliteStore({ file: photo })).toThrow(
      expect.objectContaining({
        code: 'ERR_CACHE',
        message: expect.stringContaining('left as it is'),
      }),
    );
    expect(readFileSync(photo).equals(readFileSync(A))).toBe(true);
    const foreign = new Database(file);
    foreign.exec('CREATE TABLE accounts (id)');
    foreign.close();
    expect(() => sqliteStore({ file })).toThrow(/another program's database/);
  });

  test('that another process has locked is a miss, at once', async () => {
    const store = sqliteStore({ file });
    store.set('key', Buffer.from('value'));
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    // Were the lock waited for, this would never come back: it goes only afterwards.
    store.set('key', Buffer.from('later'));
    other.exec('ROLLBACK');
    other.close();
    expect(Buffer.from((await store.get('key')) ?? []).toString()).toBe('value');
  });

  test('damaged under two handles: one new file for both', async () => {
    const [a, b] = [sqliteStore({ file }), sqliteStore({ file })];
    for (let i = 0; i < 200; i++) a.set(`key ${i}`, new Uint8Array(500));
    const wal = new Database(file);
    wal.pragma('wal_checkpoint(TRUNCATE)');
    wal.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096);
    writeFileSync(file, bytes);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      for (let i = 0; i < 200; i++) await a.get(`key ${i}`);
      a.set('new', Buffer.from('value'));
      for (let i = 0; i < 200; i++) await b.get(`key ${i}`);
      expect(Buffer.from((await b.get('new')) ?? []).toString()).toBe('value');
    } finally {
      warned.mockRestore();
    }
  });

  test('outlives the instance', async () => {
    const first = createFaces({ cache: sqliteStore({ file }) });
    const result = await first.embed(A);
    await first.close();
    const second = createFaces({ cache: sqliteStore({ file }) });
    expect(await second.embed(A)).toEqual(result);
    expect(second.cacheStats().content).toMatchObject({ hits: 1, misses: 0 });
    await second.close();
  });

  test.each([
    [
      'garbage',
      () =>
        writeFileSync(
          file,
          'this is no database, but it is long enough to be read as one'.repeat(50),
        ),
    ],
    [
      'a damaged page',
      () => {
        const store = sqliteStore({ file });
        for (let i = 0; i < 200; i++) store.set(`key ${i}`, new Uint8Array(500));
        store.close?.();
        const bytes = readFileSync(file);
        bytes.fill(0xa5, 4096);
        writeFileSync(file, bytes);
      },
    ],
  ])('%s: named, set aside, begun anew', async (_, damage) => {
    damage();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const store = sqliteStore({ file });
      for (let i = 0; i < 200; i++) await store.get(`key ${i}`);
      await store.set('new', Buffer.from('value'));
      expect(Buffer.from((await store.get('new')) ?? []).toString()).toBe('value');
      await store.close?.();
      expect(warned).toHaveBeenCalledTimes(1);
      expect(String(warned.mock.calls[0]?.[0])).toContain(file);
      expect(readdirSync(folder).some((name) => name.includes('.corrupt-'))).toBe(true);
    } finally {
      warned.mockRestore();
    }
  });

  test('of a newer schema is refused, not touched', () => {
    const database = new Database(file);
    database.pragma('user_version = 99');
    database.close();
    expect(() => sqliteStore({ file })).toThrow(
      expect.objectContaining({
        code: 'ERR_CACHE',
        message: expect.stringContaining('version 99'),
      }),
    );
    expect(existsSync(file)).toBe(true);
  });

  test('in a folder that is not there: a clear error', () => {
    expect(() => sqliteStore({ file: join(folder, 'no', 'cache.db') })).toThrow(
      expect.objectContaining({ code: 'ERR_CACHE' }),
    );
  });

  const writer = `
    const { sqliteStore } = require(${JSON.stringify(root)});
    const store = sqliteStore({ file: process.argv[1], maxBytes: 200000 });
    process.stdout.write('ready\\n');
    for (let i = 0; i < Number(process.argv[2]); i++) store.set(process.argv[3] + i, Buffer.alloc(1000, i));
  `;
  const write = (count: number, name: string) =>
    spawn(process.execPath, ['-e', writer, file, String(count), name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  test('two processes share it', async () => {
    const both = [write(300, 'a'), write(300, 'b')];
    const codes = await Promise.all(both.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0]);
    const database = new Database(file);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    const sum = database.prepare('SELECT sum(bytes) FROM entries').pluck().get();
    expect(database.prepare('SELECT bytes FROM total').pluck().get()).toBe(sum);
    expect(Number(sum)).toBeLessThanOrEqual(200_000);
    database.close();
  });

  test('killed at any moment, it stays readable', async () => {
    for (let i = 0; i < 12; i++) {
      const child = write(1e6, `k${i}-`);
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      await new Promise((resolve) => setTimeout(resolve, i * 7));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const database = new Database(file);
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      const sum = database.prepare('SELECT sum(bytes) FROM entries').pluck().get() ?? 0;
      expect(database.prepare('SELECT bytes FROM total').pluck().get()).toBe(sum);
      database.close();
    }
  });
});
