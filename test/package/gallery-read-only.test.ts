/** Galleries that may only be read, by somebody who is not root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { sqliteGalleryStore } from '../../src/gallery/sqlite/gallery-store.js';
import type { GalleryStore, NewEntry } from '../../src/gallery/store.js';
import { canRunHere } from '../other-user.js';
import { root } from '../process/run.js';

const NOBODY = 65534;
const make = { model: 'm', fingerprint: 'm:1', dimension: 4 };
const isRoot = process.getuid?.() === 0;
const script = join(root, 'test/process/gallery-reader.cjs');

let folder: string;
let file: string;
const opened: GalleryStore[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-read-only-'));
  file = join(folder, 'gallery.db');
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const store of opened.splice(0)) await store.close();
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

/** Root may write everywhere, so that its tests read as nobody, where that one can reach the code. */
function skipWhereNobodyCanRead(context: TestContext): void {
  if (process.platform === 'win32') context.skip('no owners and modes');
  if (!isRoot) return;
  if (!canRunHere(NOBODY)) context.skip('another user cannot read this checkout');
}

const entry = (subject: string, at: number): NewEntry => ({
  subject,
  embedding: Float32Array.from({ length: 4 }, (_, i) => (i === at ? 1 : 0)),
  contentHash: `hash ${subject} ${at}`,
  source: null,
  metadata: null,
  crop: null,
});

async function fill(): Promise<GalleryStore> {
  const store = sqliteGalleryStore({ file });
  opened.push(store);
  await store.open(make, { keepCrops: false });
  await store.add([entry('Ada', 0), entry('Bea', 1)]);
  return store;
}

function read() {
  const child = spawn(process.execPath, isRoot ? [script, file, String(NOBODY)] : [script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: root,
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? 'null') as unknown;
  return {
    next,
    async again() {
      child.stdin.write('\n');
      return await next();
    },
    async end() {
      child.stdin.end();
      await once(child, 'close');
      expect(child.exitCode).toBe(0);
    },
  };
}

const both = { entries: ['Ada', 'Bea'], nearest: 'Ada', stats: 2 };

async function expectReadable(): Promise<void> {
  const before = readFileSync(file);
  const reader = read();
  expect(await reader.next()).toEqual(both);
  for (let i = 0; i < 4; i++) {
    expect(await reader.next()).toMatch(/^ERR_GALLERY: .*gallery\.db can only be read here/);
  }
  await reader.end();
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(['gallery.db']);
}

test.each([
  ['the file', 0o444, 0o777],
  ['the folder', 0o666, 0o555],
  ['both', 0o444, 0o555],
])('%s cannot be written to', async (_, ofFile, ofFolder) => {
  await (await fill()).close();
  chmodSync(file, ofFile);
  chmodSync(folder, ofFolder);
  await expectReadable();
});

test('a file without a log, as VACUUM INTO makes it', async () => {
  const store = await fill();
  const copy = join(folder, 'copy.db');
  const database = new Database(file);
  database.exec(`VACUUM INTO '${copy}'`);
  database.close();
  await store.close();
  writeFileSync(file, readFileSync(copy));
  rmSync(copy);
  chmodSync(file, 0o444);
  chmodSync(folder, 0o555);
  await expectReadable();
});

test('it is seen when somebody else has written to it', async () => {
  await (await fill()).close();
  chmodSync(file, 0o644);
  chmodSync(folder, 0o755);
  const reader = read();
  expect(await reader.next()).toEqual(both);
  for (let i = 0; i < 4; i++) await reader.next();
  const store = sqliteGalleryStore({ file });
  opened.push(store);
  await store.open(make, { keepCrops: false });
  // The writer has the file open, then not any more; forgotten is forgotten in both cases.
  await store.forget('Ada');
  expect(await reader.again()).toEqual({ entries: ['Bea'], nearest: 'Bea', stats: 1 });
  await store.add([entry('Cleo', 0)]);
  await store.close();
  expect(await reader.again()).toEqual({ entries: ['Bea', 'Cleo'], nearest: 'Cleo', stats: 2 });
  await reader.end();
});

test('what cannot even be read, or is not there, is said', async () => {
  await (await fill()).close();
  chmodSync(file, 0o000);
  chmodSync(folder, 0o555);
  const reader = read();
  expect(await reader.next()).toMatch(/^ERR_GALLERY: .*gallery\.db.*permission denied/);
  await reader.end();
  chmodSync(folder, 0o755);
  rmSync(file);
  chmodSync(folder, 0o555);
  const without = read();
  expect(await without.next()).toMatch(/^ERR_GALLERY: .*gallery\.db/);
  await without.end();
  expect(readdirSync(folder)).toEqual([]);
});

beforeEach((context) => skipWhereNobodyCanRead(context));
