/** The rest of the public methods: align, crop, batches, aborting, the original's interface. */
import { afterAll, describe, expect, test } from 'vitest';
import { createFaces, FaceSimilarity, memoryStore } from '../../src/index.js';
import { FIVE, image } from '../data.js';
import { stalledStore, until } from '../stalled-store.js';

const faces = createFaces();
afterAll(() => faces.close());

test('align gives the crop that the embedder sees', async () => {
  const [face] = await faces.align(image('test4.jpg'));
  expect(face?.crop).toMatchObject({ width: 112, height: 112, channels: 3 });
  expect(face?.crop.data).toHaveLength(112 * 112 * 3);
  // Landmarks found on the crop lie on the template: eyes at about (38, 52) and (74, 52).
  const again = await faces.detect(face?.crop as never, { detector: 'mtcnn', scoreThreshold: 0.5 });
  const [rightEye, leftEye] = again.faces[0]?.landmarks ?? [
    [0, 0],
    [0, 0],
  ];
  expect(Math.hypot(rightEye[0] - 38.3, rightEye[1] - 51.7)).toBeLessThan(6);
  expect(Math.hypot(leftEye[0] - 73.5, leftEye[1] - 51.5)).toBeLessThan(6);
});

test('crop ends at the border unless told otherwise', async () => {
  const [clipped] = await faces.crop(image('test.jpg'));
  const [whole] = await faces.crop(image('test.jpg'), { clip: false });
  expect(clipped?.crop.width).toBe(whole?.crop.width);
  expect(clipped?.crop.data).toHaveLength(
    (clipped?.crop.width ?? 0) * (clipped?.crop.height ?? 0) * 3,
  );
  expect(Math.abs((clipped?.crop.width ?? 0) - (clipped?.box.width ?? 0))).toBeLessThanOrEqual(1);
});

describe('far', () => {
  test('chooses the next stricter measured threshold', async () => {
    const at = async (far: number) =>
      (await faces.verify(image(FIVE[3]), image(FIVE[4]), { far })).threshold;
    expect(await at(0.01)).toBe(0.74);
    expect(await at(0.002)).toBe(0.69);
    expect(await at(0.001)).toBe(0.69);
    expect(await at(0.0001)).toBe(0.6);
    await expect(at(1e-7)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    await expect(at(0)).rejects.toThrow(RangeError);
  });

  test('not together with threshold; a call’s goes over the instance’s', async () => {
    await expect(
      faces.verify(image(FIVE[3]), image(FIVE[4]), { far: 0.01, threshold: 0.5 }),
    ).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    const strict = createFaces({ threshold: 0.1 });
    expect(await strict.verify(image(FIVE[3]), image(FIVE[4]), { far: 0.01 })).toMatchObject({
      threshold: 0.74,
      verified: true,
    });
    await strict.close();
  });
});

describe('batches', () => {
  test('in order, from an async generator, with progress', async () => {
    const progress: number[] = [];
    async function* inputs() {
      for (const name of FIVE) yield image(name);
    }
    const widths: number[] = [];
    const all = faces.detectAll(inputs(), { onProgress: ({ done }) => progress.push(done) });
    for await (const { width } of all) widths.push(width);
    expect(widths).toEqual([1024, 509, 492, 1080, 1080]);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  });

  test('embedAll and verifyAll', async () => {
    const embedded = [];
    for await (const result of faces.embedAll(FIVE.map(image))) embedded.push(result.faces.length);
    expect(embedded).toEqual([1, 1, 1, 1, 1]);
    const verdicts = [];
    const pairs = [
      [image('test4.jpg'), image('test5.jpg')],
      [image('test.jpg'), image('test5.jpg')],
    ] as const;
    for await (const { verified } of faces.verifyAll(pairs)) verdicts.push(verified);
    expect(verdicts).toEqual([true, false]);
  });

  test('wrong options throw at once', () => {
    expect(() => faces.detectAll([], { nms: 'soft' } as never)).toThrow(RangeError);
  });

  test('an aborted batch ends', async () => {
    const controller = new AbortController();
    const endless = (function* () {
      while (true) yield image('test2.jpeg');
    })();
    let seen = 0;
    await expect(async () => {
      for await (const _ of faces.detectAll(endless, { signal: controller.signal })) {
        if (++seen === 5) controller.abort();
      }
    }).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(seen).toBeLessThan(20);
  });
});

describe('aborting', () => {
  test.each(['detect', 'embed', 'align', 'crop'] as const)('%s', async (method) => {
    await expect(
      faces[method](image('test.jpg'), { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_ABORTED' });
    const controller = new AbortController();
    const call = faces[method](image('test.jpg'), { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('of one of two who share a computation does not hurt the other', async () => {
    const pixels = stalledStore();
    await using cached = createFaces({ cache: { content: memoryStore(), pixels } });
    const controller = new AbortController();
    const aborted = cached.detect(image('test.jpg'), { signal: controller.signal });
    const other = cached.detect(image('test.jpg'));
    await until(() => cached.cacheStats().content.hits === 1 && pixels.reads === 1);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    pixels.release();
    expect((await other).faces).toHaveLength(1);
    expect(pixels.reads).toBe(1);
  });

  test('verify', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const call = faces.verify(image('test4.jpg'), image('test5.jpg'), { signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

test('FaceSimilarity: the original’s interface', async () => {
  await using original = new FaceSimilarity();
  const [score, match] = await original.getSimilarity([image('test4.jpg'), image('test5.jpg')]);
  expect(match).toBe(true);
  expect(score).toBeGreaterThan(0.25);
  expect(score).toBeLessThan(0.31);
  expect(await original.getSimilarity([image('test5.jpg'), image('test4.jpg')])).toEqual([
    score,
    match,
  ]);
  const [other, matches] = await original.getSimilarity([image('test.jpg'), image('test2.jpeg')]);
  expect(other).toBeGreaterThan(0.5);
  expect(matches).toBe(false);
  expect(await original.getSimilarity([image('test.jpg'), image('test.jpg')])).toEqual([0, true]);
});

test('closed: every method rejects, and closing again is no error', async () => {
  const closed = createFaces({ cache: true });
  await closed.close();
  await closed.close();
  await expect(closed.detect(image('test.jpg'))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await expect(closed.verify(image('test.jpg'), image('test.jpg'))).rejects.toMatchObject({
    code: 'ERR_CLOSED',
  });
});
