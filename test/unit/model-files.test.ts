/** Where weights are looked for, checked, and fetched from. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EMBEDDERS, listModels } from '../../src/index.js';
import { acceptsFile, findModel, type Model, readManifest } from '../../src/models/manifest.js';
import { modelDirectories } from '../../src/models/model-files.js';
import { readModel } from '../../src/models/read-model.js';
import { userCacheDirectory } from '../../src/models/user-cache.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-models-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const content = Buffer.from('the weights');
function made(url: string | null = null): Model {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    ...findModel('rfb-320'),
    name: 'made',
    file: 'made.mnn',
    sha256,
    bytes: content.length,
    sources: url === null ? [] : [{ kind: 'file', url, sha256, bytes: content.length }],
  };
}

describe('the manifest', () => {
  test('every entry has a source, by a full commit id or a version, that gives accepted bytes', () => {
    for (const model of listModels()) {
      expect(model.license).toMatch(/^(MIT|Apache-2\.0)$/);
      expect(model.trainedOn).toBeTruthy();
      expect(model.sources.length).toBeGreaterThan(0);
      for (const source of model.sources) {
        if (source.kind !== 'package') expect(source.url).toMatch(/\/raw\/[0-9a-f]{40}\//);
        const gives = source.kind === 'file' ? source.sha256 : source.gives;
        expect(acceptsFile(model, gives), model.name).toBe(true);
      }
    }
    expect(
      listModels()
        .filter(({ role }) => role === 'embedder')
        .map(({ name }) => name),
    ).toEqual([...EMBEDDERS]);
  });

  test('the five original detectors have their upstream address', () => {
    const addressed = listModels().filter(({ sources }) => sources[0]?.kind === 'file');
    expect(addressed).toHaveLength(5);
    for (const { sources, file } of addressed) {
      expect(sources[0]).toMatchObject({
        url: expect.stringMatching(`/raw/[0-9a-f]{40}/.*/${file}$`),
      });
    }
  });

  test('an unknown name is told which exist', () => {
    expect(() => findModel('resnet')).toThrow(/no model named "resnet". Known: rfb-320, /);
  });

  test('a broken manifest is refused', () => {
    const path = join(folder, 'manifest.json');
    for (const text of ['', '{', '{}', '{"version":2,"models":[{"name":"../x"}]}']) {
      writeFileSync(path, text);
      expect(() => readManifest(path)).toThrow(
        expect.objectContaining({ code: 'ERR_MODEL_INVALID' }),
      );
    }
  });
});

describe('finding', () => {
  test('the order of places', () => {
    const cache = join(folder, 'cache');
    const places = modelDirectories(undefined, { MNN_FACE_MODELS: '/env', MNN_FACE_CACHE: cache });
    expect(places[0]).toBe('/env');
    expect(places[1]).toMatch(/models$/);
    expect(places[2]).toBe(join(cache, 'models'));
    expect(places[3]).toMatch(/shared.models$/);
    expect(modelDirectories('/own', { MNN_FACE_MODELS: '/env' })[0]).toBe('/own');
  });

  test('the user’s cache follows the platform', () => {
    expect(userCacheDirectory({ MNN_FACE_CACHE: '/c' })).toBe('/c');
    if (process.platform === 'linux') {
      expect(userCacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/mnn-face');
    }
  });

  test('the own folder wins; a wrong file is named, not passed over', async () => {
    const environment = { MNN_FACE_CACHE: join(folder, 'cache') };
    mkdirSync(join(folder, 'cache', 'models'), { recursive: true });
    writeFileSync(join(folder, 'cache', 'models', 'made.mnn'), content);
    expect(Buffer.from(await readModel(made(), folder, environment))).toEqual(content);
    writeFileSync(join(folder, 'made.mnn'), 'something else');
    await expect(readModel(made(), folder, environment)).rejects.toMatchObject({
      code: 'ERR_MODEL_CHECKSUM',
      message: expect.stringContaining(join(folder, 'made.mnn')),
    });
  });

  test('nowhere: the error names file, hash and what to do', async () => {
    const model = made();
    const error = await readModel(model, folder, { MNN_FACE_CACHE: folder }).catch((e) => e);
    expect(error).toMatchObject({ code: 'ERR_MODEL_MISSING' });
    expect(error.message).toContain('made.mnn');
    expect(error.message).toContain(model.sha256);
    expect(error.message).toContain('MNN_FACE_MODELS');
  });
});

describe('fetching', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: Buffer };
  beforeEach(async () => {
    answer = { status: 200, body: content };
    server = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/made.mnn`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const read = () => readModel(made(url), undefined, { MNN_FACE_CACHE: folder });

  test('is checked and kept', async () => {
    expect(Buffer.from(await read())).toEqual(content);
    expect(readdirSync(join(folder, 'models'))).toEqual(['made.mnn']);
    answer.status = 500;
    expect(Buffer.from(await read())).toEqual(content);
  });

  test('other bytes are refused and not kept', async () => {
    answer.body = Buffer.from('an error page');
    await expect(read()).rejects.toMatchObject({ code: 'ERR_MODEL_CHECKSUM' });
    expect(() => readFileSync(join(folder, 'models', 'made.mnn'))).toThrow();
  });

  test('a failing server is named', async () => {
    answer.status = 404;
    await expect(read()).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
      message: expect.stringContaining('answered 404'),
    });
  });
});
