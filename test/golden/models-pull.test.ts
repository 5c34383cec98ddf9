/** `models pull`, `verify` and `path` as a user runs them. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src/embed/embed-faces.js';
import { createFaces, openGallery, sqliteStore } from '../../src/index.js';
import { type Model, parseModel } from '../../src/models/manifest.js';
import type { PulledModel } from '../../src/models/pull/results.js';
import { image, shared } from '../data.js';
import { type FileServer, startFileServer } from '../file-server.js';
import { type Environment, ended, hashOf, Pulling } from '../process/pulling.js';
import { root } from '../process/run.js';

const weights = (file: string) => join(shared, 'models', file);
const RFB = '05e1cb87b5d7bc606827b104a3257a271762c7f6fd4adf0985b6dca2b36a06a8';

let folder: string;
let server: FileServer;
let pulling: Pulling;
const run = (args: string[], own: Environment = {}) => pulling.run(args, own);
const pull = (names: string[], own: Environment = {}) => pulling.pull(names, own);
const keptFile = (file: string) => pulling.kept(file);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-pull-cli-'));
  pulling = new Pulling(folder);
  server = await startFileServer();
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('from a folder', () => {
  test('the original weights come by it, are found, verified and used', async () => {
    const names = ['rfb-320', 'mtcnn', 'mobilefacenet'];
    const { code, stdout } = await run(['pull', ...names, '--from', join(shared, 'models')]);
    expect(code).toBe(0);
    // Each licence once.
    expect(stdout.match(/MIT, from https:\/\/github.com\/Linzaer/g)).toHaveLength(1);
    expect(stdout).toContain('mtcnn-pnet, mtcnn-rnet, mtcnn-onet: MIT');
    expect(stdout).toContain('mobilefacenet: Apache-2.0');
    expect(hashOf(keptFile('RFB-320.mnn'))).toBe(RFB);
    const again = await pull(names, { MNN_FACE_MIRROR: join(folder) });
    expect(again.models.map(({ status }) => status)).toEqual(Array(5).fill('present'));
    const path = await run(['path', 'rfb-320']);
    expect(path.stdout.trim()).toBe(keptFile('RFB-320.mnn'));
    expect((await run(['path'])).stdout.trim()).toBe(join(folder, 'cache', 'models'));
    const verified = await run(['verify', 'rfb-320', 'mtcnn', '--json']);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout).files[0]).toMatchObject({ state: 'ok', sha256: RFB });
  });

  test('a flipped byte is refused, and so is a damaged file that is kept', async () => {
    const bytes = readFileSync(weights('RFB-320.mnn'));
    bytes[5000] = (bytes[5000] as number) ^ 4;
    writeFileSync(join(folder, 'RFB-320.mnn'), bytes);
    const { code, models } = await pull(['rfb-320'], { MNN_FACE_MIRROR: folder });
    expect(code).toBe(2);
    expect(models[0]).toMatchObject({
      name: 'rfb-320',
      status: 'failed',
      path: null,
      failures: [{ kind: 'mirror', code: 'ERR_MODEL_CHECKSUM' }],
      error: { code: 'ERR_MODEL_CHECKSUM' },
    });
    expect(existsSync(keptFile('RFB-320.mnn'))).toBe(false);

    mkdirSync(join(folder, 'cache', 'models'), { recursive: true });
    writeFileSync(keptFile('RFB-320.mnn'), bytes);
    const verified = await run(['verify', 'rfb-320']);
    expect(verified.code).toBe(2);
    expect(verified.stderr).toMatch(/is not the model "rfb-320".*ERR_MODEL_CHECKSUM/s);
    expect((await run(['path', 'rfb-320'])).code).toBe(2);
    expect((await pull(['rfb-320', '--from', join(shared, 'models')])).code).toBe(0);
    expect(hashOf(keptFile('RFB-320.mnn'))).toBe(RFB);
  });

  test('into a folder of one’s own, from what is on the machine', async () => {
    const own = join(folder, 'own');
    const { models } = await pull(['rfb-320', '--models', own]);
    expect(models[0]).toMatchObject({ status: 'fetched', path: join(own, 'RFB-320.mnn') });
    expect(readdirSync(own)).toEqual(['RFB-320.mnn']);
  });

  test('bad use: exit 2, one sentence', async () => {
    for (const args of [
      ['pull', 'rfb-320', '--all'],
      ['pull', 'no-such-model'],
      ['pull', 'rfb-320', '--from', join(folder, 'none')],
      ['pull', 'rfb-320', '--from', 'ftp://host/'],
      ['path', 'no-such-model'],
      ['verify', 'no-such-model'],
    ]) {
      const { code, stderr } = await run(args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    // Not the whole message: it is no name that a typing mistake makes.
    expect((await run(['pull', 'no-such-model'])).stderr).toContain('Known: rfb-320');
  });

  test('a cache that cannot be written to is named', async () => {
    writeFileSync(join(folder, 'file'), '');
    const own = { MNN_FACE_CACHE: join(folder, 'file', 'cache') };
    const { code, models } = await pull(['rfb-320', '--from', join(shared, 'models')], own);
    expect(code).toBe(2);
    expect(models[0]?.error?.message).toMatch(/cannot be written to.*MNN_FACE_CACHE=FOLDER/);
  });
});

describe('from a server', () => {
  const serve = (file: string) => server.files.set(`/${file}`, readFileSync(weights(file)));

  test('two processes at once: one fetches, the other waits', async () => {
    serve('RFB-320.mnn');
    server.cuts = [400_000];
    const own = { MNN_FACE_MIRROR: server.url };
    const first = run(['pull', 'rfb-320', '--json'], own);
    await until(() => server.asked.length === 1);
    const second = pulling.start(['pull', 'rfb-320', '--json'], own);
    const outcome = ended(second);
    let said = '';
    second.stderr?.on('data', (text) => {
      said += text;
    });
    await until(() => said.includes('another process is fetching it'));
    const part = join(folder, 'cache', 'downloads', 'RFB-320.mnn.part');
    await until(() => existsSync(part) && statSync(part).size === 400_000);
    server.arrived(400_000);
    const statuses = (await Promise.all([first, outcome])).map(
      ({ stdout }) => (JSON.parse(stdout) as { models: PulledModel[] }).models[0]?.status,
    );
    expect(statuses).toEqual(['fetched', 'present']);
    expect(server.asked).toEqual(['GET /RFB-320.mnn', 'GET /RFB-320.mnn bytes=400000-']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('after %s in the middle the next pull goes on', async (signal, code) => {
    serve('RFB-320.mnn');
    server.cuts = [400_000];
    const own = { MNN_FACE_MIRROR: server.url };
    const child = pulling.start(['pull', 'rfb-320'], own);
    const outcome = ended(child);
    const part = join(folder, 'cache', 'downloads', 'RFB-320.mnn.part');
    await until(() => existsSync(part) && statSync(part).size === 400_000);
    child.kill(signal);
    expect((await outcome).code).toBe(code);
    expect(existsSync(keptFile('RFB-320.mnn'))).toBe(false);
    const { models } = await pull(['rfb-320'], own);
    expect(models[0]).toMatchObject({ status: 'fetched', sha256: RFB });
    expect(server.asked).toEqual(['GET /RFB-320.mnn', 'GET /RFB-320.mnn bytes=400000-']);
  });
});

describe('converted', () => {
  test.each([
    ['mobilefacenet', 'mobilefacenet.mnn', 'onnx'],
    ['yunet', 'yunet-n.mnn', 'upstream'],
  ])(
    '%s, of the upstream file, to the same bytes',
    { timeout: 300_000 },
    async (name, file, from) => {
      pulling.linkEnvironments();
      server.files.set(
        '/MobileFaceNet.onnx',
        readFileSync(join(shared, 'onnx', 'MobileFaceNet.onnx')),
      );
      const { code, models, stderr } = await pull([name, '--from', join(shared, from)]);
      expect(code, stderr).toBe(0);
      expect(models[0]).toMatchObject({ status: 'converted', sha256: hashOf(weights(file)) });
      expect(hashOf(keptFile(file))).toBe(hashOf(weights(file)));
      // Never twice: neither Python nor the mirror is needed again.
      const again = await pull([name], { MNN_FACE_MIRROR: server.url, PATH: folder });
      expect(again.models[0]?.status).toBe('present');
      expect(existsSync(join(folder, 'cache', 'downloads'))).toBe(false);
    },
  );

  test('where nothing can be converted it says so, and takes another machine’s cache', {
    timeout: 300_000,
  }, async () => {
    const from = ['mobilefacenet', '--from', join(shared, 'onnx')];
    const without = await pull(from, { PATH: folder });
    expect(without.models[0]?.failures.at(-1)).toMatchObject({ code: 'ERR_MODEL_UNSUPPORTED' });
    expect(without.models[0]?.error?.message).toMatch(/no python3 here.*--from FOLDER/s);
    // No package index, as where there is no wheel: the converter's exit 3.
    const nowhere = { PIP_INDEX_URL: 'http://127.0.0.1:9/', PIP_RETRIES: '0' };
    const refused = await pull(from, nowhere);
    expect(refused.models[0]?.failures.at(-1)).toMatchObject({
      code: 'ERR_MODEL_UNSUPPORTED',
      reason: expect.stringMatching(/cannot be converted here.*MNN_FACE_MIRROR/s),
    });
    const other = join(folder, 'other machine');
    mkdirSync(join(other, 'models'), { recursive: true });
    copyFileSync(weights('mobilefacenet.mnn'), join(other, 'models', 'mobilefacenet.mnn'));
    const taken = await pull(['mobilefacenet', '--from', other], { ...nowhere, PATH: folder });
    expect(taken.models[0]).toMatchObject({ status: 'fetched' });
  });
});

describe('the identity of weights', () => {
  test('a gallery and a cache of one file serve with another file of the same weights', {
    timeout: 300_000,
  }, async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    mkdirSync(one);
    copyFileSync(weights('mobilefacenet.mnn'), join(one, 'mobilefacenet.mnn'));
    const script = join(root, 'tools', 'convert', 'onnx_model.py');
    const onnx = join(shared, 'onnx', 'MobileFaceNet.onnx');
    const args = [script, onnx, '--out', other, '--name', 'mobilefacenet'];
    const made = spawnSync('python3', args, { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    expect(hashOf(join(other, 'mobilefacenet.mnn'))).not.toBe(hashOf(weights('mobilefacenet.mnn')));
    const file = join(folder, 'people.db');
    const store = () => ({ cache: sqliteStore({ file: join(folder, 'cache.db') }) });

    const first = createFaces({ models: one, ...store() });
    const gallery = await openGallery({ file, faces: first });
    await gallery.enroll('Ada', image('test4.jpg'));
    const before = await first.embed(image('test5.jpg'));
    await gallery.close();
    await first.close();

    const second = createFaces({ models: other, ...store() });
    const opened = await openGallery({ file, faces: second });
    const { faces } = await opened.identify(image('test5.jpg'));
    expect(faces[0]?.match?.subject).toBe('Ada');
    expect(second.cacheStats().content.hits).toBeGreaterThan(0);
    const after = await second.embed(image('test5.jpg'));
    expect(after.fingerprint).toBe(before.fingerprint);
    await opened.close();
    await second.close();
    const kept = createFaces({ models: other });
    const crossed = (await kept.embed(image('test5.jpg'))).faces[0];
    const ours = before.faces[0];
    if (crossed === undefined || ours === undefined) throw new Error('no face');
    expect(kept.distance(crossed, ours)).toBeLessThan(1e-5);
    await kept.close();
  });
});

test('an imported model is known by the file it was made of; an older entry keeps its identity', {
  timeout: 300_000,
}, async () => {
  pulling.linkEnvironments();
  const onnx = join(shared, 'onnx', 'MobileFaceNet.onnx');
  const args = ['import', onnx, '--name', 'own', '--preset', 'mobilefacenet', '--json'];
  const first = await run(args);
  expect(first.code, first.stderr).toBe(0);
  const { model } = JSON.parse(first.stdout) as { model: Model };
  expect(model.weights).toBe(hashOf(onnx));
  const crop = { crop: 'aligned', interpolation: 'linear' } as const;
  expect(fingerprintOf(model, crop)).toBe(`own:${hashOf(onnx).slice(0, 16)}:aligned-1`);
  // As it was written before identities were.
  const { weights: _, ...older } = model;
  const entry = keptFile('own.json');
  writeFileSync(entry, JSON.stringify({ ...older, source: { project: null, url: null } }));
  expect((await run(args)).code).toBe(0);
  const kept = parseModel(JSON.parse(readFileSync(entry, 'utf8')));
  expect(fingerprintOf(kept, crop)).toBe(`own:${model.sha256.slice(0, 16)}:aligned-1`);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
