/** The weights beside a checkout: those of the manifest, and what a broken one among them does. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFaces, listModels } from '../../src/index.js';
import { image, shared } from '../data.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-weights-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the manifest names every file of the weights, with its hash and size', () => {
  const files = readdirSync(join(shared, 'models')).filter((name) => name.endsWith('.mnn'));
  // Not beside a checkout: a registry's package has it.
  const own = listModels().filter(({ name }) => name !== 'mobilefacenet-192');
  expect(own.map(({ file }) => file).sort()).toEqual(files.sort());
  for (const { file, sha256, bytes } of own) {
    const data = readFileSync(join(shared, 'models', file));
    expect([data.length, createHash('sha256').update(data).digest('hex')]).toEqual([bytes, sha256]);
  }
});

test('a call on a broken model rejects, and works once it is put right', async () => {
  writeFileSync(join(folder, 'RFB-320.mnn'), 'broken');
  const faces = createFaces({ models: folder });
  await expect(faces.detect(image('test.jpg'))).rejects.toMatchObject({
    code: 'ERR_MODEL_CHECKSUM',
  });
  rmSync(join(folder, 'RFB-320.mnn'));
  expect((await faces.detect(image('test.jpg'))).faces).toHaveLength(1);
  await faces.close();
});

test('the profile lowMemory gives what slim-320 gives', async () => {
  await using low = createFaces({ profile: 'lowMemory' });
  await using slim = createFaces({ detector: 'slim-320' });
  const { detector, faces } = await low.detect(image('test4.jpg'));
  expect(detector).toBe('slim-320');
  expect(faces).toHaveLength(1);
  expect(faces).toEqual((await slim.detect(image('test4.jpg'))).faces);
});
