/** The camera example of docs/raspberry-pi.md, with a command in the camera's place. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { image } from '../data.js';
import { root } from '../process/run.js';

test.each([
  ['the same person', 'test5.jpg', /^known \(1 faces, distance 0\.\d{3}\)\n$/],
  ['somebody else', 'test.jpg', /^unknown \(1 faces, distance 0\.\d{3}\)\n$/],
])('%s', (_what, picture, expected) => {
  const example = join(root, 'docs', 'examples', 'camera.mjs');
  const print = `process.stdout.write(require('node:fs').readFileSync(process.argv[1]))`;
  const camera = [process.execPath, '-e', print, image(picture)];
  const result = spawnSync(process.execPath, [example, image('test4.jpg'), '--once', ...camera], {
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(expected);
});
