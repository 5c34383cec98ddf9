/** Files, streams, data URLs and memory: how they are read, given up and refused. No model is needed. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaces, type Picture } from '../../src/index.js';
import { program, root } from '../process/run.js';

const faces = createFaces();
let folder: string;
let jpeg: Buffer;
let hash: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-given-'));
  jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#8a2' } })
    .jpeg()
    .toBuffer();
  hash = await faces.hash(jpeg);
});
afterAll(async () => {
  await faces.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A stream that gives some bytes and then nothing. */
function stalled(): PassThrough {
  const stream = new PassThrough();
  stream.write(jpeg.subarray(0, 100));
  return stream;
}

const messageOf = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );

describe('streams', () => {
  test('that stall give their places back when their calls are aborted, and are destroyed', async () => {
    const controller = new AbortController();
    const streams = Array.from({ length: 20 }, stalled);
    const calls = streams.map((stream) => faces.detect(stream, { signal: controller.signal }));
    const outcomes = Promise.allSettled(calls);
    controller.abort('enough');
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'AbortError', code: 'ERR_ABORTED', cause: 'enough' },
      });
    }
    expect(await faces.hash(Readable.from([jpeg]))).toBe(hash);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  test('a call that waits for a place can be aborted, and does not hold back the others', async () => {
    const holding = new AbortController();
    const held = Array.from({ length: 16 }, () =>
      faces.detect(stalled(), { signal: holding.signal }).catch((error: unknown) => error),
    );
    const waiting = new AbortController();
    const second = stalled();
    const call = faces.detect(second, { signal: waiting.signal });
    waiting.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(second.destroyed).toBe(true);
    holding.abort();
    await Promise.all(held);
    expect(await faces.hash(jpeg)).toBe(hash);
  });

  test('of the Web and iterables are cancelled too', async () => {
    const controller = new AbortController();
    let cancelled = false;
    let returned = false;
    const web = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(jpeg.subarray(0, 10)),
      pull: () => new Promise(() => undefined),
      cancel: () => {
        cancelled = true;
      },
    });
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const calls = [web, iterable].map((picture) =>
      faces.detect(picture, { signal: controller.signal }).catch((error: unknown) => error),
    );
    // Until both are being read.
    for (let i = 0; i < 10; i++) await setImmediate();
    controller.abort();
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'ERR_ABORTED' });
    }
    await setImmediate();
    expect([cancelled, returned]).toEqual([true, true]);
  });

  test('readTimeout ends a read', async () => {
    const stream = stalled();
    await expect(faces.detect(stream, { readTimeout: 20 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('readTimeout (20 ms)'),
    });
    expect(stream.destroyed).toBe(true);
  });

  test('that fail while they wait, or come after close(), do not end the process', () => {
    const result = program(`
      const { PassThrough } = require('node:stream');
      (async () => {
        const faces = createFaces();
        const held = Array.from({ length: 16 }, () => new PassThrough());
        const calls = held.map((stream) => faces.detect(stream).catch((e) => e.code));
        const late = new PassThrough();
        calls.push(faces.detect(late).catch((e) => e.code));
        late.destroy(new Error('gone'));
        await new Promise(setImmediate);
        for (const stream of held) stream.destroy(new Error('gone too'));
        console.log([...new Set(await Promise.all(calls))].join());
        await faces.close();
        for (const options of [undefined, { nonsense: 1 }, { signal: AbortSignal.abort() }]) {
          const refused = new PassThrough();
          console.log(await faces.detect(refused, options).catch((e) => e.code), refused.destroyed);
          refused.emit('error', new Error('later'));
        }
      })();
    `);
    expect(result.stderr).toBe('');
    expect(result.stdout.split('\n')).toEqual([
      'ERR_IMAGE_DECODE',
      'ERR_CLOSED true',
      'ERR_INVALID_ARG_VALUE true',
      'ERR_CLOSED true',
      '',
    ]);
  });

  test('their chunks may be used again at once, and be of any size', async () => {
    async function* reused() {
      const chunk = new Uint8Array(1);
      for (const byte of jpeg) {
        chunk[0] = byte;
        yield chunk;
        chunk[0] = 0;
      }
    }
    expect(await faces.hash(reused())).toBe(hash);
    await expect(faces.hash(Readable.from(['text']))).rejects.toBeInstanceOf(TypeError);
  });
});

describe('close()', () => {
  test('refuses what is still being read; with drain it is finished', async () => {
    const first = createFaces();
    const stream = stalled();
    const refused = first.hash(stream).catch((error: unknown) => error);
    await first.close();
    expect(await refused).toMatchObject({ code: 'ERR_CLOSED' });
    expect(stream.destroyed).toBe(true);

    const second = createFaces({ lanes: 1 });
    const late = stalled();
    const accepted = [late, ...Array.from({ length: 6 }, () => jpeg)].map((p) => second.hash(p));
    const closing = second.close({ drain: true });
    await expect(second.hash(jpeg)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    late.end(jpeg.subarray(100));
    expect(new Set(await Promise.all(accepted))).toEqual(new Set([hash]));
    await closing;
  });

  test('without drain ends one that drains', async () => {
    const own = createFaces();
    const refused = own.hash(stalled()).catch((error: unknown) => error);
    const draining = own.close({ drain: true });
    await own.close();
    expect(await refused).toMatchObject({ code: 'ERR_CLOSED' });
    await draining;
  });

  test('its options are checked', async () => {
    await expect(faces.close({ drian: true } as never)).rejects.toThrow(/Did you mean "drain"/);
    await expect(faces.close({ drain: 1 } as never)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('files', () => {
  test('a pipe does not hang, a folder and a device are refused', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, folder, '/dev/zero']) {
      await expect(faces.hash(path)).rejects.toMatchObject({
        code: 'ERR_IMAGE_DECODE',
        message: expect.stringMatching(/not a regular file|folder/),
      });
    }
  });

  test('maxBytes holds for files, streams, memory and data URLs', async () => {
    const path = join(folder, 'a.jpg');
    writeFileSync(path, jpeg);
    const ways = (): Picture[] => [
      path,
      jpeg,
      Readable.from([jpeg]),
      `data:image/jpeg;base64,${jpeg.toString('base64')}`,
    ];
    const small = createFaces({ maxBytes: jpeg.byteLength - 1 });
    for (const way of ways()) {
      await expect(small.hash(way)).rejects.toMatchObject({
        code: 'ERR_IMAGE_TOO_LARGE',
        message: expect.stringContaining('maxBytes'),
      });
    }
    await small.close();
    const enough = createFaces({ maxBytes: jpeg.byteLength });
    for (const way of ways()) expect(await enough.hash(way)).toBe(hash);
    await enough.close();
  });

  test('files of the system that say they are empty are read to the limit', async () => {
    const own = createFaces({ maxBytes: 10 });
    await expect(own.hash('/proc/self/status')).rejects.toMatchObject({
      code: 'ERR_IMAGE_TOO_LARGE',
    });
    await own.close();
  });

  test('what is no path has a short message without the picture in it', async () => {
    const text = jpeg.toString('base64').repeat(200);
    expect(await messageOf(faces.detect(text))).toMatch(/looks like base64/);
    for (const wrong of [text, 'x'.repeat(1e6), `${'y/'.repeat(3000)}z`]) {
      const error = await faces.detect(wrong).catch((e: Error) => e);
      const inspected = JSON.stringify(error) + String((error as Error).stack);
      expect(inspected.length).toBeLessThan(4000);
      expect((error as Error).cause).toBeUndefined();
    }
    expect(await messageOf(faces.detect('a\0b.jpg'))).toMatch(/a\\x00b\.jpg: a path cannot have/);
    expect(await messageOf(faces.detect(''))).toMatch(/the path is empty/);
  });

  test('a path with "the picture" in it stays as it is', async () => {
    const path = join(folder, 'the picture.jpg');
    expect(await messageOf(faces.verify(path, path))).toBe(
      `Cannot read the picture ${path}: there is no such file.`,
    );
    writeFileSync(path, 'no picture');
    expect(await messageOf(faces.verify(path, jpeg))).toContain(`the first picture (${path})`);
    expect(await messageOf(faces.verify(jpeg, path))).toContain(`the second picture (${path})`);
  });
});

describe('data URLs', () => {
  const base64 = () => jpeg.toString('base64');
  const percent = () => [...jpeg].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');

  test('in all forms give the picture', async () => {
    const text = base64();
    for (const url of [
      `data:image/jpeg;base64,${text}`,
      `DATA:image/jpeg;charset=utf-8;BASE64,${text.replaceAll('+', '%2B').replaceAll('=', '%3D')}`,
      `data:;base64,${text.match(/.{1,76}/g)?.join('\r\n')}`,
      `data:application/octet-stream;base64,${text.replace(/=+$/, '')}`,
      `data:image/jpeg,${percent()}`,
      new URL(`data:image/jpeg;base64,${text}`),
    ]) {
      expect(await faces.hash(url)).toBe(hash);
    }
  });

  test('that are broken say why, in few words', async () => {
    for (const [url, why] of [
      ['data:image/png', 'no comma'],
      ['data:text/html;base64,AAAA', 'of type text/html'],
      [`data:image/jpeg;base64,${base64().replace('/', '!')}`, 'no valid base64'],
      ['data:image/jpeg;base64,AAAAA', 'no valid base64'],
      ['data:image/jpeg;base64,', 'it is empty'],
      [`data:image/jpeg;base64,${Buffer.alloc(1e6).toString('base64')}`, 'no format'],
    ] as const) {
      const message = await messageOf(faces.detect(url));
      expect(message).toContain(why);
      expect(message.length).toBeLessThan(300);
    }
  });

  test('longer than a piece, and cut anywhere', async () => {
    const noise = Buffer.alloc(700 * 700 * 3);
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919) >> 3;
    const raw = { width: 700, height: 700, channels: 3 } as const;
    const png = await sharp(noise, { raw }).png({ compressionLevel: 0 }).toBuffer();
    const expected = await faces.hash({ data: noise, ...raw });
    expect(await faces.hash(`data:image/png;base64,${png.toString('base64')}`)).toBe(expected);
    const escaped = [...png].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');
    expect(await faces.hash(`data:image/png,${escaped}`)).toBe(expected);
  });
});

describe('memory', () => {
  test('may be used again as soon as the call has returned its promise', async () => {
    const bytes = new Uint8Array(jpeg);
    const first = faces.hash(bytes);
    bytes.fill(0);
    expect(await first).toBe(hash);

    const data = new Uint8Array(30 * 20 * 3).fill(9);
    const expected = createHash('sha256').update(data).digest('hex');
    const raw = faces.hash({ data, width: 30, height: 20, channels: 3 });
    data.fill(1);
    expect(await raw).toBe(expected);

    const Resizable = ArrayBuffer as unknown as new (
      size: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer;
    const resizable = new Resizable(jpeg.length, { maxByteLength: jpeg.length });
    new Uint8Array(resizable).set(jpeg);
    const resized = faces.hash(resizable);
    (resizable as unknown as { resize(size: number): void }).resize(0);
    expect(await resized).toBe(hash);

    const shared = new SharedArrayBuffer(jpeg.length);
    new Uint8Array(shared).set(jpeg);
    const call = faces.hash(shared);
    new Uint8Array(shared).fill(0);
    expect(await call).toBe(hash);
  });

  test('a getter is asked once', async () => {
    let asked = 0;
    const picture = {
      get data() {
        return asked++ === 0 ? new Uint8Array(12) : new Uint8Array(1);
      },
      width: 2,
      height: 2,
      channels: 3 as const,
    };
    await faces.hash(picture);
    expect(asked).toBe(1);
  });

  test('of another realm is what it is', async () => {
    const other = (code: string) => runInNewContext(code, { jpeg: [...jpeg] }) as never;
    expect(await faces.hash(other('new Uint8Array(jpeg)'))).toBe(hash);
    expect(await faces.hash(other('new Uint8Array(jpeg).buffer'))).toBe(hash);
    const raw = other('({ data: new Uint8ClampedArray(12), width: 2, height: 2, channels: 3 })');
    expect(await faces.hash(raw)).toMatch(/^[0-9a-f]{64}$/);
    const link = { href: `data:image/jpeg;base64,${jpeg.toString('base64')}`, protocol: 'data:' };
    expect(await faces.hash(link as URL)).toBe(hash);
  });
});

test('a stream that is only watched does not end the process when it fails', () => {
  const result = program(`
    const { PassThrough } = require('node:stream');
    (async () => {
      const { watchStream } = require(${JSON.stringify(join(root, 'dist/image/picture.js'))});
      const stream = new PassThrough();
      watchStream(stream);
      watchStream('text'); watchStream(null); watchStream([1]); watchStream(new Uint8Array(1));
      stream.destroy(new Error('gone'));
      await new Promise(setImmediate);
      console.log('alive');
    })();
  `);
  expect(result.stdout).toBe('alive\n');
});
