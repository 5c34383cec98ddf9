/** The caches on real results: what is found again, and what shapes a key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CacheStore, createFaces, memoryStore, sqliteStore } from '../../src/index.js';
import { NETWORKS, picture } from './data.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-package-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each<[string, () => CacheStore]>([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore({ file: join(folder, 'cache.db') })],
])('%s', (_, makeStore) => {
  test('a known file gives the same embedding, that nobody else can change', async () => {
    await using faces = createFaces({ ...NETWORKS, cache: makeStore() });
    const first = await faces.embed(picture('biden.jpg'));
    const again = await faces.embed(picture('biden.jpg'));
    expect(again).toEqual(first);
    again.faces.length = 0;
    expect((await faces.embed(picture('biden.jpg'))).faces).toHaveLength(1);
    expect(faces.cacheStats().content).toEqual({ hits: 2, misses: 1, errors: 0 });
  });

  test('a pair in either order', async () => {
    await using faces = createFaces({ ...NETWORKS, cache: makeStore() });
    const first = await faces.verify(picture('obama2.jpg'), picture('biden.jpg'));
    const turned = await faces.verify(picture('biden.jpg'), picture('obama2.jpg'));
    expect(turned).toEqual({ ...first, faces: [first.faces[1], first.faces[0]] });
    expect(faces.cacheStats().pairs).toEqual({ hits: 1, misses: 1, errors: 0 });
  });

  test('every option makes another key; concurrent calls compute once', async () => {
    await using faces = createFaces({ ...NETWORKS, cache: makeStore() });
    const all = [{}, { scoreThreshold: 0.9 }, { minSize: 100 }, { clip: true }] as const;
    await Promise.all(
      all.flatMap((o) => [1, 2, 3].map(() => faces.detect(picture('obama.jpg'), o))),
    );
    expect(faces.cacheStats().content).toMatchObject({ hits: 8, misses: 4 });
  });
});

test('the SQLite file outlives the instance', async () => {
  const file = join(folder, 'cache.db');
  const first = createFaces({ ...NETWORKS, cache: sqliteStore({ file }) });
  const result = await first.embed(picture('biden.jpg'));
  await first.close();
  const second = createFaces({ ...NETWORKS, cache: sqliteStore({ file }) });
  expect(await second.embed(picture('biden.jpg'))).toEqual(result);
  expect(second.cacheStats().content).toMatchObject({ hits: 1, misses: 0 });
  await second.close();
});
