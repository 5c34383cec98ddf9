/** Forgetting while somebody reads: some ten seconds of waiting for the reader, too slow for the group "unit". */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { sqliteGalleryStore } from '../../src/gallery/sqlite/gallery-store.js';
import { unit } from '../vectors.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-forget-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a reader in the middle of reading is a hindrance: it says so, and can be asked again', async () => {
  const file = join(folder, 'gallery.db');
  const store = sqliteGalleryStore({ file });
  await store.open({ model: 'm', fingerprint: 'm:1', dimension: 16 }, { keepCrops: false });
  const entry = (subject: string, seed: number) => ({
    subject,
    embedding: unit(16, seed),
    contentHash: `hash ${seed}`,
    source: null,
    metadata: null,
    crop: null,
  });
  await store.add([entry('Bea', 2), entry('Cleo', 5)]);
  const reader = new Database(file);
  const reading = reader.prepare('SELECT * FROM entry').iterate();
  reading.next();
  await expect(store.forget('Cleo')).rejects.toMatchObject({
    code: 'ERR_GALLERY',
    message: expect.stringMatching(/was removed.*forget "Cleo" again/s),
  });
  reading.return?.();
  reader.close();
  expect(await store.forget('Cleo')).toBe(0);
  expect(statSync(`${file}-wal`).size).toBe(0);
  await store.close();
});
