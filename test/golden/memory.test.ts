/** Callers' memory while native work reads it: whatever becomes of it, the result is that of the call. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownBytes } from '../../src/image/own-bytes.js';
import { native } from '../../src/native.js';

const WORK = ['decode', 'load', 'inspect', 'resample', 'run', 'tensor'];
const FATES = ['resize', 'transfer', 'overwrite', 'shared', 'tracking', 'realm'];
const CASES = [
  ...WORK.flatMap((work) => FATES.map((fate) => `${work} ${fate}`)),
  'getter',
  'writer',
];

test.each(CASES)('%s', { timeout: 60_000 }, async (name) => {
  const script = join(__dirname, '../native/memory.cjs');
  const result = spawnSync(process.execPath, ['--expose-gc', script, name], {
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  expect([result.signal, result.stdout, result.stderr]).toEqual([null, 'same\n', '']);
});

const resizable = (size: number) =>
  new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(size, {
    maxByteLength: 2 * size,
  });

describe('held memory', () => {
  test('is not copied; other memory is, and so are other views of held memory', async () => {
    const data = native().hold(new Uint8Array(30 * 20 * 3));
    const job = (bytes: Uint8Array) => ({
      picture: { data: bytes, width: 30, height: 20 },
      geometry: 'linear' as const,
      regions: Float64Array.of(0, 0, 30, 20),
      width: 10,
      height: 10,
    });
    const regions = 32;
    const copiedBy = async (bytes: Uint8Array) => {
      const before = native().copied();
      await native().resample(job(bytes));
      return native().copied() - before;
    };
    expect(await copiedBy(data)).toBe(regions);
    expect(await copiedBy(data.subarray(0))).toBe(regions + 1800);
    expect(await copiedBy(new Uint8Array(1800))).toBe(regions + 1800);
  });

  test('cannot be shared, resizable or detached', () => {
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    for (const array of [
      new Uint8Array(new SharedArrayBuffer(8)),
      new Uint8Array(resizable(8)),
      detached,
    ]) {
      expect(() => native().hold(array)).toThrow(/cannot be held/);
    }
    expect(() => native().hold({} as Uint8Array)).toThrow(/typed array/);
  });
});

describe('a copy of our own', () => {
  test('is whole at once up to 32 MiB', async () => {
    const source = new Uint8Array(32 * 1024 * 1024).fill(7);
    const promise = ownBytes(source);
    source.fill(9);
    expect((await promise).includes(9)).toBe(false);
  });

  test('is made in pieces above that; the event loop turns between them', async () => {
    const source = new Uint8Array(41 * 1024 * 1024).fill(7);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    const copy = await ownBytes(source);
    expect(turned).toBe(true);
    expect(Buffer.compare(copy, source)).toBe(0);
    expect(copy.buffer).not.toBe(source.buffer);
  });

  test.each([
    [
      'transferred',
      (source: Uint8Array) =>
        structuredClone(source.buffer, { transfer: [source.buffer] as ArrayBuffer[] }),
    ],
    [
      'made smaller',
      (source: Uint8Array) =>
        (source.buffer as unknown as { resize(size: number): void }).resize(5),
    ],
  ])('of memory that is %s meanwhile is refused', async (_, spoil) => {
    const size = 41 * 1024 * 1024;
    const source = new Uint8Array(resizable(size), 0, size);
    // Not the bytes: a failure would print them all.
    const promise = ownBytes(source).then(() => 'copied');
    spoil(source);
    await expect(promise).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });
});
