/** Calls as a whole, with real faces: errors that name their picture, damaged files, what caches keep. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaces, memoryStore } from '../../src/index.js';
import { image } from '../data.js';
import { cli } from '../process/run.js';

const faces = createFaces();
let folder: string;
let landscape: string;
let cut: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-calls-'));
  landscape = join(folder, 'the picture of a lake.jpg');
  cut = join(folder, 'cut.jpg');
  await sharp({ create: { width: 320, height: 240, channels: 3, background: '#48a' } })
    .jpeg()
    .toFile(landscape);
  const whole = readFileSync(image('test4.jpg'));
  writeFileSync(cut, whole.subarray(0, whole.length - 40));
});
afterAll(async () => {
  await faces.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('an error names its picture', () => {
  test('by path, by place in the pair, by place in the batch', async () => {
    await expect(faces.embed(landscape)).rejects.toMatchObject({
      code: 'ERR_NO_FACE',
      picture: landscape,
      message: expect.stringContaining(`No face was found in ${landscape}.`),
    });
    await expect(faces.embed(readFileSync(landscape))).rejects.toMatchObject({
      message: expect.stringContaining('No face was found in the picture.'),
    });
    await expect(faces.verify(image('test.jpg'), landscape)).rejects.toMatchObject({
      code: 'ERR_NO_FACE',
      picture: landscape,
      message: expect.stringContaining(`in the second picture (${landscape}).`),
    });
    const batch = faces.embedAll([image('test.jpg'), image('test2.jpeg'), landscape]);
    const drawn = async () => {
      for await (const _ of batch);
    };
    await expect(drawn()).rejects.toMatchObject({
      code: 'ERR_NO_FACE',
      index: 2,
      picture: landscape,
      message: expect.stringContaining(`in the picture at index 2 (${landscape}).`),
    });
    const pairs = faces.verifyAll([[landscape, image('test.jpg')]]);
    await expect(pairs.next()).rejects.toMatchObject({
      index: 0,
      message: expect.stringContaining(
        `in the first picture of the pair at index 0 (${landscape})`,
      ),
    });
  });

  test('also where a cache has the answer for another name, in either order', async () => {
    await using cached = createFaces({ cache: memoryStore() });
    const bytes = readFileSync(landscape);
    const other = image('test.jpg');
    for (const [a, b, name] of [
      [landscape, other, `the first picture (${landscape})`],
      [other, landscape, `the second picture (${landscape})`],
      [bytes, other, 'the first picture.'],
      [other, bytes, 'the second picture.'],
    ] as const) {
      await expect(cached.verify(a, b)).rejects.toMatchObject({
        message: expect.stringContaining(`No face was found in ${name}`),
      });
    }
  });
});

test('the cache of embed keeps that there is no face, and how many there are', async () => {
  await using cached = createFaces({ cache: memoryStore() });
  const crowd = image('crowd/12.jpg');
  for (let i = 0; i < 3; i++) {
    await expect(cached.embed(landscape)).rejects.toMatchObject({ code: 'ERR_NO_FACE' });
    await expect(cached.embed(crowd, { faces: 'single' })).rejects.toMatchObject({
      code: 'ERR_MULTIPLE_FACES',
      count: expect.any(Number),
    });
  }
  expect(cached.cacheStats().content).toEqual({ hits: 4, misses: 2, errors: 0 });
});

test('after raw pixels, a file with their head and bytes is no picture all the same', async () => {
  await using cached = createFaces({ cache: memoryStore() });
  const { data, info } = await sharp(image('test.jpg')).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  await cached.detect({ data, width, height, channels: 3 });
  const file = Buffer.concat([Buffer.from(`raw ${width}x${height}x3\n`), data]);
  await expect(cached.detect(file)).rejects.toMatchObject({ code: 'ERR_IMAGE_DECODE' });
});

test('what the caches know of a picture can be forgotten', async () => {
  const store = memoryStore();
  await using cached = createFaces({ cache: { content: store, pixels: store, pairs: store } });
  const [a, b] = [image('test4.jpg'), image('test5.jpg')];
  await cached.verify(a, b);
  // By content, by pixels, and the pair.
  expect(await cached.forget(a)).toBe(3);
  expect(await cached.forget(a)).toBe(0);
  await cached.verify(a, b);
  expect(cached.cacheStats().pairs).toMatchObject({ hits: 0, misses: 2 });
});

describe("decodeErrors: 'warn'", () => {
  const warn = { decodeErrors: 'warn' } as const;

  test('reads what imread reads, and says so in every result', async () => {
    await expect(faces.detect(cut)).rejects.toMatchObject({ code: 'ERR_IMAGE_DECODE' });
    const result = await faces.detect(cut, warn);
    expect(result.faces).toHaveLength(1);
    const count = result.warnings?.length;
    expect(result.warnings).toContainEqual(expect.stringMatching(/premature end/i));
    expect((await faces.embed(cut, warn)).warnings).toHaveLength(count as number);
    expect((await faces.align(cut, warn))[0]?.warnings).toHaveLength(count as number);
    expect((await faces.crop(cut, warn))[0]?.warnings).toHaveLength(count as number);
    // Of a file that is whole the list is empty; without the option there is none.
    expect((await faces.detect(image('test.jpg'), warn)).warnings).toEqual([]);
    expect(await faces.detect(image('test.jpg'))).not.toHaveProperty('warnings');
  });

  test('of a pair says of which, in either order and from the cache', async () => {
    await using cached = createFaces({ cache: memoryStore(), ...warn });
    const other = image('test5.jpg');
    for (let i = 0; i < 2; i++) {
      expect((await cached.verify(cut, other)).warnings).toContainEqual(
        expect.stringMatching(/^the first picture: premature end/i),
      );
      expect((await cached.verify(other, cut)).warnings).toContainEqual(
        expect.stringMatching(/^the second picture: premature end/i),
      );
    }
    // 'fail' is another question.
    await expect(cached.verify(cut, other, { decodeErrors: 'fail' })).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
    });
  });

  test('on the command line', () => {
    expect(cli('detect', cut).status).toBe(2);
    const { status, stderr, stdout } = cli('detect', cut, '--decode-errors', 'warn', '--json');
    expect(status).toBe(0);
    expect(stderr).toMatch(/premature end/i);
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).not.toHaveLength(0);
    expect(cli('detect', cut, '--formats', 'png').stderr).toContain("add 'jpeg'");
    expect(cli('detect', image('test.jpg'), '--max-bytes', '100').stderr).toContain('maxBytes');
  });
});

test('options of a batch are checked as those of a call', () => {
  for (const options of [{ onProgres: () => undefined }, { faces: 'lone' }, null, 5]) {
    expect(() => faces.detectAll([], options as never)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_INVALID_ARG/) }),
    );
  }
  expect(() => faces.detectAll([], { scoreTreshold: 1 } as never)).toThrow(
    /Did you mean "scoreThreshold"\?/,
  );
});

test('a batch that is left ends what is under way, stalled streams too', async () => {
  const { PassThrough } = await import('node:stream');
  const streams = Array.from({ length: 3 }, () => new PassThrough());
  const results = faces.detectAll([image('test.jpg'), ...streams]);
  expect((await results.next()).value).toMatchObject({ width: 1024 });
  await results.return();
  expect(streams.every((stream) => stream.destroyed || stream.listenerCount('error') === 0)).toBe(
    true,
  );
});
