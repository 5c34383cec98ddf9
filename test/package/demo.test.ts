/** `npm run demo`: a true verdict for each pair, and a picture of both. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { root } from '../process/run.js';
import { picture } from './data.js';

const written = join(root, 'demo-result.jpg');
beforeEach(() => rmSync(written, { force: true }));

const demo = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts', 'demo.mjs'), ...args], { encoding: 'utf8' });

test('the same and different people', () => {
  const { status, stdout, stderr } = demo();
  expect(stderr).not.toMatch(/error/i);
  const [same, different, models] = stdout.split('\n');
  expect(same).toMatch(/^obama\.jpg and obama2\.jpg: the same person \(distance 0\.\d+ <= /);
  expect(different).toMatch(
    /^obama\.jpg and biden\.jpg: not the same person \(distance [01]\.\d+ > /,
  );
  expect(models).toMatch(/^Detector \S+, embedder \S+\. The picture: .*demo-result\.jpg$/);
  // Other weights than the original ones are never taken without a word.
  expect(/embedder mobilefacenet-192/.test(stdout)).toBe(/not the original weights/.test(stderr));
  expect(existsSync(written)).toBe(true);
  expect(status).toBe(0);
});

test('two pictures of the user, and what is no pair', () => {
  const own = demo(picture('obama2.jpg'), picture('biden.jpg'));
  expect(own.stdout).toMatch(/^obama2\.jpg and biden\.jpg: not the same person/);
  expect(own.status).toBe(0);
  expect(existsSync(written)).toBe(true);
  expect(demo('one.jpg').status).toBe(2);
  const absent = demo('one.jpg', 'two.jpg');
  expect(absent.status).toBe(2);
  expect(absent.stderr).toMatch(/There is no picture .*one\.jpg/);
});
