/** The threads in which a gallery's statements run, seen from programs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../process/run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-threads-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string, ...flags: string[]): unknown {
  const script = join(root, 'test/process/gallery-threads.cjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script, name, folder], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

test('one that dies: the call says so, what was acknowledged is there, the next call goes on', () => {
  expect(run('dies')).toEqual({
    cut: {
      code: 'ERR_GALLERY',
      message: expect.stringMatching(
        /thread for writing .* ended during this call.*Call it again/s,
      ),
    },
    after: 'Ada',
    found: 'Bea',
    threads: 6,
  });
});

test('a program that ends while a thread waits for a lock ends as it wants to', () => {
  for (let i = 0; i < 5; i++) expect(run('ends')).toEqual({});
});

test('they keep no program alive, and leave the file whole', () => {
  expect(run('forgotten')).toEqual({ entries: 1 });
});

test('closing waits for what was asked before; then all is refused and the log is gone', () => {
  expect(run('closed')).toMatchObject({
    codes: ['done', 'done', 'done'],
    later: { code: 'ERR_CLOSED' },
  });
  expect(existsSync(join(folder, 'gallery.db-wal'))).toBe(false);
});

test('two, one that reads and one that writes; the flags of the program are not theirs', () => {
  expect(run('elsewhere', '--expose-gc', '--require', 'node:fs')).toEqual({ threads: 2 });
});

test('within a thread of the program', () => {
  expect(run('within')).toEqual({ found: 'Ada' });
});

test('searches under way while subjects are forgotten, renamed and merged', () => {
  // 40 people: 14 renamed, 13 merged and forgotten, 13 forgotten.
  expect(run('forgetting')).toEqual({ wrong: [], left: 14 });
});
