/** The comparison with the Python reference: the real one, in an environment that it makes. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { image } from '../data.js';
import { root } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-reference-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const reference = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts/reference.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 900_000,
    maxBuffer: 64 * 1024 * 1024,
  });

test('both sides agree, and what the wheel cannot run is said', { timeout: 900_000 }, () => {
  copyFileSync(image('test4.jpg'), join(folder, 'one.jpg'));
  copyFileSync(image('crowd/9.jpg'), join(folder, 'many.jpg'));
  const html = join(folder, 'report.html');
  const result = reference(folder, '--json', '--html', html);
  expect(result.status, result.stderr).toBe(0);
  const text = JSON.stringify(JSON.parse(result.stdout));
  expect(text).toContain('the wheel cannot run this model');
  expect(text).toContain('slim-320-quant-admm-50');
  const page = readFileSync(html, 'utf8');
  expect(page).toMatch(/^<!doctype html>/i);
  expect(page).toContain('<svg');
  expect(page).not.toMatch(/(src|href)="http/);
});

test('an empty or missing folder: exit 2 and one sentence', { timeout: 900_000 }, () => {
  const result = reference(join(folder, 'nowhere'));
  expect(result.status).toBe(2);
  expect(result.stderr).not.toMatch(/^\s+at /m);
});
