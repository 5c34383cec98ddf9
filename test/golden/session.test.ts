/** The addon's Session: shapes, lanes, closing, broken models, memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { native, type SessionOptions } from '../../src/native.js';
import { shared } from '../data.js';

const bytes = (name: string) => readFileSync(join(shared, 'models', name));
let rfb: Buffer;
beforeAll(() => {
  rfb = bytes('RFB-320.mnn');
});
const options: SessionOptions = {
  lanes: 2,
  threads: 1,
  precision: 'normal',
  kernels: 'best',
  input: 'input',
  inputShape: [1, 3, 240, 320],
  outputs: [
    { name: 'scores', shape: [1, 4420, 2] },
    { name: 'boxes', shape: [1, 4420, 4] },
  ],
};
const load = (model: Uint8Array = rfb, more: Partial<SessionOptions> = {}) =>
  native().Session.load(model, { ...options, ...more });
const tensor = (seed: number) =>
  Float32Array.from({ length: 3 * 240 * 320 }, (_, i) => Math.sin(i * 0.01 + seed));
const job = (seed = 0) => ({ tensor: tensor(seed), width: 320, height: 240 });

test('a run of absurd size is refused before anything is allocated; the lane works on', async () => {
  const session = await load();
  const picture = { data: new Uint8Array(12), width: 2, height: 2 };
  const absurd = (width: number, height: number) =>
    session.run({
      picture,
      geometry: 'linear',
      regions: Float64Array.of(0, 0, 2, 2),
      width,
      height,
      mean: [0, 0, 0],
      scale: [1, 1, 1],
      order: 'rgb',
    });
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 8; i++) {
    await expect(absurd(65_536, 65_536)).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
    await expect(absurd(4097, 4096)).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
  }
  expect(() => absurd(65_537, 1)).toThrow(RangeError);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  expect((await session.run(job(1)))[0]).toHaveLength(4420 * 2);
  await session.close();
});

describe('loading', () => {
  test('gives the shapes', async () => {
    const session = await load();
    expect(session.outputShapes()).toEqual([
      [1, 4420, 2],
      [1, 4420, 4],
    ]);
    await session.close();
  });

  test.each<[string, Partial<SessionOptions>, RegExp]>([
    ['an unknown input', { input: 'data' }, /no single input named "data"/],
    ['an unknown output', { outputs: [{ name: 'faces' }] }, /no output named "faces"/],
    ['another shape', { outputs: [{ name: 'scores', shape: [1, 4420, 3] }] }, /expected/],
    ['another rank', { outputs: [{ name: 'scores', shape: [4420, 2] }] }, /expected/],
    ['a huge input', { inputShape: [1, 3, 100_000, 100_000] }, /not supported/],
    ['an input above 4096 x 4096', { inputShape: [1, 3, 4096, 4097] }, /not supported/],
    ['an input of 3 dimensions', { inputShape: [3, 240, 320] }, /not supported/],
  ])('%s is refused', async (_, more, message) => {
    await expect(load(rfb, more)).rejects.toMatchObject({
      code: 'ERR_MODEL_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('an input that the network cannot take is refused', async () => {
    // 8 pixels are less than one cell of the coarse maps need; MobileFaceNet takes 112 x 112 only.
    await expect(
      native().Session.load(bytes('mobilefacenet.mnn'), {
        ...options,
        input: 'input0',
        inputShape: [1, 3, 224, 224],
        outputs: [{ name: 'output0', shape: [1, 128] }],
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_MODEL_(INVALID|UNSUPPORTED)$/) });
  });

  test.each<[string, object]>([
    ['lanes of 0', { lanes: 0 }],
    ['lanes of 1.5', { lanes: 1.5 }],
    ['lanes of 1e9', { lanes: 1e9 }],
    ['threads of NaN', { threads: Number.NaN }],
    ['an unknown precision', { precision: 'double' }],
    ['no outputs', { outputs: [] }],
    ['a shape of words', { inputShape: ['a'] }],
  ])('%s throws', (_, more) => {
    expect(() => load(rfb, more as never)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(INVALID|OUT)/) }),
    );
  });

  test('only load() makes sessions', () => {
    const Session = native().Session as unknown as new () => unknown;
    expect(() => new Session()).toThrow(/Session.load/);
  });
});

describe('models that are none', () => {
  test.each<[string, () => Uint8Array]>([
    ['empty', () => new Uint8Array(0)],
    ['zeros', () => new Uint8Array(1000)],
    ['text', () => Buffer.from('this is not a model, but it is longer than a header')],
    ['truncated', () => rfb.subarray(0, rfb.length / 2)],
    ['0xff', () => new Uint8Array(4096).fill(255)],
  ])('%s', async (_, model) => {
    await expect(load(model())).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
  });

  test('bytes at an odd address are read all the same', async () => {
    const odd = new Uint8Array(rfb.length + 1).subarray(1);
    odd.set(rfb);
    await (await load(odd)).close();
  });
});

describe('running', () => {
  test('lanes give the same as one after the other', async () => {
    const session = await load();
    const alone = [];
    for (let i = 0; i < 6; i++) alone.push(await session.run(job(i)));
    const together = await Promise.all(Array.from({ length: 6 }, (_, i) => session.run(job(i))));
    expect(together).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    await session.close();
  });

  test('another size of input resizes the lane, and back', async () => {
    const session = await load(rfb, { lanes: 1, outputs: [{ name: 'scores' }] });
    const [before] = await session.run(job());
    const [large] = await session.run({
      tensor: new Float32Array(3 * 480 * 640),
      width: 640,
      height: 480,
    });
    expect(large).toHaveLength(17640 * 2);
    expect(await session.run(job())).toEqual([before]);
    await session.close();
  });

  test('several regions stand one after the other in the outputs', async () => {
    const session = await native().Session.load(bytes('mtcnn-rnet.mnn'), {
      ...options,
      inputShape: [1, 3, 24, 24],
      outputs: [{ name: 'probability' }],
    });
    const picture = {
      data: new Uint8Array(60 * 60 * 3).map((_, i) => i * 7),
      width: 60,
      height: 60,
    };
    const common = { picture, geometry: 'area', width: 24, height: 24, order: 'rgb' } as const;
    const scaling = { mean: [127.5, 127.5, 127.5], scale: [1 / 128, 1 / 128, 1 / 128] };
    const run = (...regions: number[]) =>
      session.run({ ...common, ...scaling, regions: Float64Array.from(regions) });
    const [a] = await run(0, 0, 30, 30);
    const [b] = await run(10, 5, 40, 50);
    const [both] = await run(0, 0, 30, 30, 10, 5, 40, 50);
    expect([...(both as Float32Array)]).toEqual([...(a as Float32Array), ...(b as Float32Array)]);
    await session.close();
  });

  test('a tensor of the wrong length throws', async () => {
    const session = await load();
    expect(() => session.run({ tensor: new Float32Array(5), width: 320, height: 240 })).toThrow(
      RangeError,
    );
    await session.close();
  });
});

describe('closing', () => {
  test('running work ends, queued work is refused, later work too', async () => {
    const session = await load(rfb, { lanes: 1 });
    const runs = Array.from({ length: 5 }, () => session.run(job()));
    const settled = Promise.allSettled(runs);
    await session.close();
    const [first, ...rest] = await settled;
    expect(first?.status).toBe('fulfilled');
    for (const outcome of rest) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CLOSED' } });
    }
    expect(() => session.run(job())).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await session.close();
    expect(session.memory()).toBe(0);
  });

  test('memory comes back', async () => {
    const cycle = async () => {
      const session = await load();
      await Promise.all([session.run(job()), session.run(job())]);
      await session.close();
    };
    for (let i = 0; i < 5; i++) await cycle();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 40; i++) await cycle();
    // 40 leaked sessions of two lanes would be some 500 MB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(60e6);
  });

  test('lanes are made at their first use', async () => {
    const session = await load(rfb, { lanes: 2 });
    const one = session.memory();
    await session.run(job());
    expect(session.memory()).toBe(one);
    await Promise.all([session.run(job()), session.run(job())]);
    expect(session.memory()).toBeGreaterThan(1.5 * one);
    await session.close();
  });
});
