/** Caches below the models: keys, who shares a computation, what is removed, whose files they are. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embedCodec, embedOutcome, representationOf } from '../../src/cache/codec.js';
import { contentHash } from '../../src/cache/hash.js';
import { ResultCache } from '../../src/cache/result-cache.js';
import { multipleFacesError, noFaceError } from '../../src/compare/select-faces.js';
import { MnnFaceError } from '../../src/errors.js';
import { type CacheStore, createFaces, memoryStore, sqliteStore } from '../../src/index.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-caches-'));
  file = join(folder, 'cache.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('raw pixels and a file that begins as they were hashed have other keys', async () => {
  const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 as const };
  const raw = await contentHash({ kind: 'raw', picture });
  const bytes = Buffer.concat([Buffer.from('raw 2x2x3\n'), picture.data]);
  const encoded = await contentHash({ kind: 'encoded', bytes, format: 'jpeg' });
  const plain = await contentHash({ kind: 'encoded', bytes: picture.data, format: 'jpeg' });
  const wide = { ...picture, width: 4, height: 1 };
  const keys = [raw, encoded, plain, await contentHash({ kind: 'raw', picture: wide })];
  expect(new Set(keys).size).toBe(4);
  expect(keys.map((key) => key.split(':')[0])).toEqual(['raw', 'file', 'file', 'raw']);
});

describe('who shares a computation', () => {
  const codec = {
    kind: 'text',
    encode: (text: string) => new TextEncoder().encode(text),
    decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  };
  const once = () => {
    let answer: (text: string) => void = () => undefined;
    let stopped = false;
    const begun: (() => void)[] = [];
    const started = new Promise<void>((resolve) => begun.push(resolve));
    const compute = async (signal: AbortSignal | undefined) => {
      signal?.addEventListener('abort', () => {
        stopped = true;
      });
      begun[0]?.();
      return await new Promise<string>((resolve) => {
        answer = resolve;
      });
    };
    return { compute, started, answer: (text: string) => answer(text), isStopped: () => stopped };
  };

  test('it goes on while one of them waits, and stops when nobody does', async () => {
    const cache = new ResultCache('x', memoryStore());
    const one = once();
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [first, second].map(({ signal }) =>
      cache.through('key', codec, signal, one.compute).catch((error: unknown) => error),
    );
    await one.started;
    first.abort();
    expect(await calls[0]).toMatchObject({ code: 'ERR_ABORTED' });
    expect(one.isStopped()).toBe(false);
    second.abort();
    expect(await calls[1]).toMatchObject({ code: 'ERR_ABORTED' });
    expect(one.isStopped()).toBe(true);
    // Who comes now is not told of an abort that was not theirs.
    const other = once();
    const late = cache.through('key', codec, undefined, other.compute);
    await other.started;
    other.answer('new');
    expect(await late).toBe('new');
    one.answer('old');
    await cache.settled();
  });

  test('one who gave up first does not stop the others', async () => {
    const cache = new ResultCache('x', memoryStore());
    const one = once();
    const first = new AbortController();
    const aborted = cache
      .through('key', codec, first.signal, one.compute)
      .catch((error: unknown) => error);
    const other = cache.through('key', codec, undefined, one.compute);
    await one.started;
    first.abort();
    await aborted;
    one.answer('yes');
    expect(await other).toBe('yes');
    expect(await cache.through('key', codec, undefined, async () => 'no')).toBe('yes');
  });
});

test('that there is no face, or more than one, is kept; other errors are not', async () => {
  const kept = async (error: Error) => {
    const outcome = await embedOutcome(Promise.reject(error));
    return embedCodec.decode(embedCodec.encode(outcome));
  };
  const none = await kept(noFaceError());
  expect(() => representationOf(none)).toThrow(expect.objectContaining({ code: 'ERR_NO_FACE' }));
  const three = await kept(multipleFacesError(3));
  expect(() => representationOf(three)).toThrow(
    expect.objectContaining({ code: 'ERR_MULTIPLE_FACES', count: 3 }),
  );
  await expect(kept(new MnnFaceError('ERR_MODEL_MISSING', 'x'))).rejects.toThrow('x');
});

describe.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore({ file })],
] as [string, () => CacheStore][])('%s', (_, makeStore) => {
  test('removes by a part of the key, and everything', async () => {
    const store = makeStore();
    for (let i = 0; i < 4500; i++) await store.set(`key:${i}:${i % 3}end`, Buffer.of(i & 255));
    expect(await store.remove?.(':1end')).toBe(1500);
    expect(await store.get('key:1:1end')).toBeUndefined();
    expect(await store.get('key:2:2end')).toBeDefined();
    expect(await store.remove?.('%')).toBe(0);
    await store.clear?.();
    expect(await store.get('key:2:2end')).toBeUndefined();
    await store.set('after', Buffer.of(1));
    expect(await store.get('after')).toBeDefined();
    await store.close?.();
  });
});

describe('the file of a SQLite cache', () => {
  test('and those beside it may be read by their user only', async () => {
    const store = sqliteStore({ file });
    await store.set('key', Buffer.from('value'));
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
    }
    await store.close?.();
  });

  test('has nothing more of what was removed', async () => {
    const store = sqliteStore({ file });
    const secret = Buffer.from('an embedding of somebody '.repeat(40));
    await store.set('their picture', secret);
    await store.set('another', Buffer.from('other'));
    await store.remove?.('their');
    for (const suffix of ['', '-wal']) {
      if (!existsSync(file + suffix)) continue;
      expect(readFileSync(file + suffix).includes('an embedding of somebody')).toBe(false);
      expect(readFileSync(file + suffix).includes('their picture')).toBe(false);
    }
    await store.close?.();
  });
});

describe('forget()', () => {
  const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 as const };

  test('removes by content and by pixels', async () => {
    const store = memoryStore();
    const faces = createFaces({ cache: { content: store, pixels: store, pairs: store } });
    const content = await contentHash({ kind: 'raw', picture });
    const pixels = await faces.hash(picture);
    await store.set(`content:x:${content}:shape`, Buffer.of(1));
    await store.set(`pairs:x:file:00+${content}:shape`, Buffer.of(1));
    await store.set(`pixels:x:sha256:${pixels}:2x2:2x2:shape`, Buffer.of(1));
    await store.set('content:x:file:00:shape', Buffer.of(1));
    expect(await faces.forget(picture)).toBe(3);
    expect(await faces.forget(picture)).toBe(0);
    expect(await store.get('content:x:file:00:shape')).toBeDefined();
    await faces.clearCache();
    expect(await store.get('content:x:file:00:shape')).toBeUndefined();
    await faces.close();
  });

  test('a store that cannot remove says so', async () => {
    const store: CacheStore = { get: () => undefined, set: () => undefined };
    const faces = createFaces({ cache: store });
    await expect(faces.forget(picture)).rejects.toMatchObject({ code: 'ERR_CACHE' });
    await expect(faces.clearCache()).rejects.toMatchObject({ code: 'ERR_CACHE' });
    await faces.close();
  });
});
