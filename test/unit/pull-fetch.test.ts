/** How a model's file is fetched: sources in order, wrong bytes, broken lines, proxies, mirrors. */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Model } from '../../src/models/manifest.js';
import { findModel } from '../../src/models/manifest.js';
import { mirrorOf } from '../../src/models/pull/mirror.js';
import { type PullSetting, pullModel } from '../../src/models/pull/pull-model.js';
import { readModel } from '../../src/models/read-model.js';
import { type FileServer, startFileServer, startProxy } from '../file-server.js';

const content = randomBytes(200_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const flipped = Buffer.from(content);
flipped[100_000] = (flipped[100_000] as number) ^ 1;

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-pull-test-'));
  server = await startFileServer({ '/made.mnn': content });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']) delete process.env[name];
});

function made(...urls: string[]): Model {
  const bytes = content.length;
  const sources = urls.map((url) => ({ kind: 'file' as const, url, sha256, bytes }));
  return { ...findModel('rfb-320'), name: 'made', file: 'made.mnn', sha256, bytes, sources };
}

function setting(own: Partial<PullSetting> = {}): PullSetting {
  return {
    directory: join(folder, 'models'),
    downloads: join(folder, 'downloads'),
    before: [],
    after: [],
    copies: [],
    mirror: undefined,
    environment: { MNN_FACE_CACHE: folder },
    onProgress: ({ received = 0 }) => server.arrived(received),
    ...own,
  };
}

const pull = (model: Model, own: Partial<PullSetting> = {}) => pullModel(model, setting(own));
const kept = () => readFileSync(join(folder, 'models', 'made.mnn'));

describe('sources', () => {
  test('one that works: kept whole, nothing else left, never fetched twice', async () => {
    const steps: string[] = [];
    let most = 0;
    const result = await pull(made(`${server.url}/made.mnn`), {
      onProgress: ({ step, received = 0 }) => {
        steps.push(step);
        most = Math.max(most, received);
      },
    });
    expect(result).toMatchObject({ status: 'fetched', sha256, bytes: content.length });
    expect(result.source).toBe(`${server.url}/made.mnn`);
    expect(kept().equals(content)).toBe(true);
    expect(readdirSync(join(folder, 'models'))).toEqual(['made.mnn']);
    expect(readdirSync(join(folder, 'downloads'))).toEqual([]);
    expect([steps[0], most]).toEqual(['fetch', content.length]);
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'present' });
    expect(server.asked).toEqual(['GET /made.mnn']);
  });

  test('wrong bytes are refused and the next source is tried', async () => {
    server.files.set('/flipped.mnn', flipped);
    server.files.set('/page.html', Buffer.from('<html>not found, with status 200</html>'));
    server.files.set('/empty', Buffer.alloc(0));
    server.files.set('/longer', Buffer.concat([content, Buffer.from('x')]));
    const names = ['flipped.mnn', 'page.html', 'empty', 'longer', 'absent', 'made.mnn'];
    const result = await pull(made(...names.map((name) => `${server.url}/${name}`)));
    expect(result.status).toBe('fetched');
    expect(kept().equals(content)).toBe(true);
    expect(result.failures.map(({ code }) => code)).toEqual([
      'ERR_MODEL_CHECKSUM',
      'ERR_MODEL_CHECKSUM',
      'ERR_MODEL_CHECKSUM',
      'ERR_MODEL_CHECKSUM',
      'ERR_MODEL_MISSING',
    ]);
    expect(result.failures[4]?.reason).toContain('answered 404');
  });

  test('when none works, the error lists each and why', async () => {
    server.files.set('/flipped.mnn', flipped);
    const gone = await startFileServer();
    await gone.close();
    const result = await pull(
      made(`${gone.url}/made.mnn`, `${server.url}/none.mnn`, `${server.url}/flipped.mnn`),
    );
    expect(result).toMatchObject({ status: 'failed', path: null });
    expect(result.error?.code).toBe('ERR_MODEL_CHECKSUM');
    const message = result.error?.message ?? '';
    expect(message).toContain(`${gone.url}/made.mnn: ${new URL(gone.url).host} did not answer`);
    expect(message).toContain(`${server.url}/none.mnn answered 404`);
    expect(message).toContain(`${server.url}/flipped.mnn gave other bytes`);
    expect(existsSync(join(folder, 'models'))).toBe(false);
  });

  test('without wrong bytes the code says that it is missing', async () => {
    const result = await pull(made(`${server.url}/none.mnn`));
    expect(result.error?.code).toBe('ERR_MODEL_MISSING');
    expect(result.failures[0]).toMatchObject({ kind: 'file', host: new URL(server.url).host });
  });

  test('a redirect is followed', async () => {
    server.answers.set('/here', `${server.url}/made.mnn`);
    expect(await pull(made(`${server.url}/here`))).toMatchObject({ status: 'fetched' });
  });

  test('a busy server is asked again', async () => {
    server.busy = [503, 429];
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(server.asked).toHaveLength(3);
  });

  test('an accepted file of other bytes is as good', async () => {
    const model = made(`${server.url}/other.mnn`);
    const other = createHash('sha256').update(flipped).digest('hex');
    model.accepts = [{ sha256: other, bytes: flipped.length }];
    server.files.set('/other.mnn', flipped);
    expect(await pull(model)).toMatchObject({ status: 'fetched', sha256: other });
    expect(Buffer.from(await readModel(model, join(folder, 'models'), {})).equals(flipped)).toBe(
      true,
    );
  });
});

describe('a broken line', () => {
  test('goes on where it was, within one pull', async () => {
    server.cuts = [70_000, 50_000];
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(kept().equals(content)).toBe(true);
    expect(server.asked).toEqual([
      'GET /made.mnn',
      'GET /made.mnn bytes=70000-',
      'GET /made.mnn bytes=120000-',
    ]);
    expect(server.headers[1]?.['if-range']).toMatch(/^"/);
  });

  test('and from one pull to the next', async () => {
    server.cuts = [10_000, 10_000, 10_000];
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'failed' });
    server.asked.length = 0;
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(server.asked).toEqual(['GET /made.mnn bytes=30000-']);
    expect(kept().equals(content)).toBe(true);
  });

  test('another source goes on with what the first gave', async () => {
    server.files.set('/mirror/made.mnn', content);
    server.cuts = [10_000, 10_000, 10_000];
    const result = await pull(made(`${server.url}/made.mnn`, `${server.url}/mirror/made.mnn`));
    expect(result.status).toBe('fetched');
    expect(server.asked.at(-1)).toBe('GET /mirror/made.mnn bytes=30000-');
    expect(kept().equals(content)).toBe(true);
  });

  test('a server without ranges gives all of it', async () => {
    server.ranges = false;
    server.cuts = [70_000];
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(kept().equals(content)).toBe(true);
  });

  test.each([
    ['of another file', randomBytes(50_000)],
    ['as long as the whole', randomBytes(content.length)],
    ['longer than the whole', randomBytes(content.length + 5)],
  ])('a partial file %s is thrown away', async (_, bytes) => {
    mkdirSync(join(folder, 'downloads'), { recursive: true });
    writeFileSync(join(folder, 'downloads', 'made.mnn.part'), bytes);
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(kept().equals(content)).toBe(true);
  });

  test('the file changed on the server meanwhile: all of the new one', async () => {
    const old = randomBytes(content.length);
    server.files.set('/made.mnn', old);
    server.cuts = [70_000];
    const pulled = pull(made(`${server.url}/made.mnn`), {
      onProgress: ({ received = 0 }) => {
        server.files.set('/made.mnn', content);
        server.arrived(received);
      },
    });
    expect(await pulled).toMatchObject({ status: 'fetched' });
    expect(kept().equals(content)).toBe(true);
  });
});

describe('proxies', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('%s is asked, by address', async (name) => {
    const proxy = await startProxy();
    process.env[name] = proxy.url.replace('http://', 'http://user:pass%40word@');
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(proxy.asked).toEqual([`GET ${server.url}/made.mnn`]);
    const basic = Buffer.from('user:pass@word').toString('base64');
    expect(proxy.authorizations).toEqual([`Basic ${basic}`]);
    await proxy.close();
  });

  test.each(['NO_PROXY', 'no_proxy'])('%s excepts hosts', async (name) => {
    const proxy = await startProxy();
    process.env.HTTP_PROXY = proxy.url;
    process.env[name] = 'example.org,127.0.0.1';
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    expect(proxy.asked).toEqual([]);
    await proxy.close();
  });

  test('https is tunnelled', async () => {
    const proxy = await startProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const address = server.url.replace('http://', 'https://');
    // The server speaks no TLS: what counts is that the proxy was asked for a tunnel.
    const result = await pull(made(`${address}/made.mnn`));
    delete process.env.HTTPS_PROXY;
    expect(result.status).toBe('failed');
    expect(proxy.asked[0]).toBe(`CONNECT ${new URL(address).host}`);
    await proxy.close();
  });

  test('one that does not answer is named, without its password', async () => {
    const proxy = await startProxy();
    await proxy.close();
    process.env.HTTP_PROXY = proxy.url.replace('http://', 'http://user:secret@');
    const { error } = await pull(made(`${server.url}/made.mnn`));
    expect(error?.message).toContain(`by the proxy ${proxy.url}`);
    expect(error?.message).not.toContain('secret');
  });
});

describe('mirrors', () => {
  const inMirror = (address: string) => ({ mirror: mirrorOf(address, {}) });

  test('an address with a user, in place of all sources', async () => {
    server.files.set('/deep/er/made.mnn', content);
    const address = `${server.url.replace('http://', 'http://me:se%20cret@')}/deep/er/?key=1`;
    const result = await pull(made(`${server.url}/made.mnn`), inMirror(address));
    expect(result).toMatchObject({ status: 'fetched', source: `${server.url}/deep/er/made.mnn` });
    expect(server.asked).toEqual(['GET /deep/er/made.mnn']);
    const basic = Buffer.from('me:se cret').toString('base64');
    expect(server.headers[0]?.authorization).toBe(`Basic ${basic}`);
  });

  test('nothing else is asked when it has not the file', async () => {
    const result = await pull(made(`${server.url}/made.mnn`), inMirror(`${server.url}/empty`));
    expect(result.status).toBe('failed');
    expect(server.asked).toEqual(['GET /empty/made.mnn']);
  });

  test.each(['', 'models'])('a folder, or a whole cache (%j)', async (inner) => {
    const mirror = join(folder, 'mir ror');
    mkdirSync(join(mirror, inner), { recursive: true });
    writeFileSync(join(mirror, inner, 'made.mnn'), content, { mode: 0o444 });
    for (const address of [mirror, pathToFileURL(mirror).href]) {
      const result = await pull(made(), inMirror(address));
      expect(result).toMatchObject({ status: 'fetched', source: join(mirror, inner, 'made.mnn') });
      rmSync(join(folder, 'models'), { recursive: true });
    }
  });

  test('a flipped byte in a folder is refused, and nothing is kept', async () => {
    writeFileSync(join(folder, 'made.mnn'), flipped);
    const result = await pull(made(), inMirror(folder));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'ERR_MODEL_CHECKSUM' } });
    expect(existsSync(join(folder, 'models'))).toBe(false);
  });

  test('a folder or a device in place of the file is refused', async () => {
    mkdirSync(join(folder, 'a', 'made.mnn'), { recursive: true });
    expect(await pull(made(), inMirror(join(folder, 'a')))).toMatchObject({ status: 'failed' });
    mkdirSync(join(folder, 'b'));
    symlinkSync('/dev/zero', join(folder, 'b', 'made.mnn'));
    expect(await pull(made(), inMirror(join(folder, 'b')))).toMatchObject({ status: 'failed' });
  });

  test.each(['ftp://host/x', 'http://', 's3://bucket', '/no/such/folder', 'file:///no/such'])(
    '%s is no mirror',
    (address) => {
      expect(() => mirrorOf(undefined, { MNN_FACE_MIRROR: address })).toThrow(
        expect.objectContaining({ code: 'ERR_MODEL_MISSING' }),
      );
    },
  );
});

describe('the folders', () => {
  test('a damaged file is replaced; one that would be found before it is named', async () => {
    mkdirSync(join(folder, 'models'));
    writeFileSync(join(folder, 'models', 'made.mnn'), flipped);
    expect(await pull(made(`${server.url}/made.mnn`))).toMatchObject({ status: 'fetched' });
    const first = join(folder, 'first');
    mkdirSync(first);
    writeFileSync(join(first, 'made.mnn'), flipped);
    const result = await pull(made(`${server.url}/made.mnn`), { before: [first] });
    expect(result.error).toMatchObject({
      code: 'ERR_MODEL_CHECKSUM',
      message: expect.stringContaining(join(first, 'made.mnn')),
    });
  });

  test('one that cannot be written to is named', async () => {
    writeFileSync(join(folder, 'file'), '');
    const directory = join(folder, 'file', 'models');
    const locked = pull(made(`${server.url}/made.mnn`), { downloads: join(directory, 'x') });
    await expect(locked).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
      message: expect.stringMatching(/cannot be written to \(ENOTDIR\).*MNN_FACE_CACHE/),
    });
    const { error } = await pull(made(`${server.url}/made.mnn`), { directory });
    expect(error?.message).toContain(`${directory}, where models are kept, cannot be written to`);
  });

  test('pulls at the same time fetch once', async () => {
    const model = made(`${server.url}/made.mnn`);
    const results = await Promise.all([pull(model), pull(model), pull(model)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fetched', 'present', 'present']);
    expect(server.asked).toEqual(['GET /made.mnn']);
  });

  test('an abort ends a wait and a download', async () => {
    const stopping = new AbortController();
    const model = made(`${server.url}/made.mnn`);
    const pulls = [1, 2].map(() => pull(model, { signal: stopping.signal }));
    stopping.abort();
    for (const pulled of pulls) {
      await expect(pulled).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    }
  });
});

describe('the library at first use', () => {
  test('takes plain addresses and the mirror, and converts nothing', async () => {
    const model = made(`${server.url}/made.mnn`);
    const environment = { MNN_FACE_CACHE: folder, MNN_FACE_MIRROR: `${server.url}/mirror` };
    await expect(readModel(model, undefined, environment)).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
      message: expect.stringContaining('/mirror/made.mnn answered 404'),
    });
    server.files.set('/mirror/made.mnn', content);
    expect(await readModel(model, undefined, environment)).toHaveLength(content.length);
  });

  test('names the pull command, the file and the folders', async () => {
    const error = await readModel(findModel('mobilefacenet-192'), folder, {
      MNN_FACE_CACHE: folder,
      PATH: '/nowhere',
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_MODEL_MISSING' });
    const message = String(error);
    expect(message).toContain('mobilefacenet-192.mnn');
    expect(message).toContain(folder);
    expect(message).toContain('npm run -s mnn-face -- models pull mobilefacenet-192');
  });

  test('a mirror that is none is said', async () => {
    const environment = { MNN_FACE_CACHE: folder, MNN_FACE_MIRROR: 'ftp://host' };
    await expect(readModel(made(), undefined, environment)).rejects.toThrow(/MNN_FACE_MIRROR/);
  });
});
