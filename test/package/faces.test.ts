/**
 * The main job on photographs and weights of registries' packages. Where the faces are, and who is
 * who, is what the photographs' own package says of them (its tests/test_face_recognition.py).
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { type Box, createFaces, memoryStore } from '../../src/index.js';
import { iou } from '../boxes.js';
import { stalledStore, until } from '../stalled-store.js';
import { NETWORKS, type PictureName, picture } from './data.js';

const faces = createFaces(NETWORKS);
afterAll(() => faces.close());
const largest = { faces: 'largest' } as const;

/** A box of top, right, bottom, left, as that package writes it. */
const boxOf = (top: number, right: number, bottom: number, left: number): Box => ({
  x: left,
  y: top,
  width: right - left,
  height: bottom - top,
});

describe('detect', () => {
  test('the face is where the package says', async () => {
    const { faces: found, width, height, detector } = await faces.detect(picture('obama.jpg'));
    expect([width, height, detector]).toEqual([910, 1137, 'mtcnn']);
    // Its HOG and its CNN detector draw other boxes, of the brows to the chin.
    for (const known of [boxOf(142, 617, 409, 349), boxOf(144, 608, 389, 363)]) {
      expect(iou(found[0]?.box as Box, known)).toBeGreaterThan(0.6);
    }
    expect(found[0]?.score).toBeGreaterThan(0.99);
  });

  test.each<PictureName>([
    'biden.jpg',
    'obama2.jpg',
    'obama3.jpg',
    'obama_partial_face.jpg',
    'obama_partial_face2.jpg',
    '32bit.png',
  ])('%s has one face', async (name) => {
    expect((await faces.detect(picture(name))).faces).toHaveLength(1);
  });

  test('a face that leaves the picture on the left', async () => {
    const [face] = (await faces.detect(picture('obama_partial_face.jpg'), { clip: true })).faces;
    expect(iou(face?.box as Box, boxOf(142, 191, 365, 0))).toBeGreaterThan(0.4);
    expect(face?.box.x).toBe(0);
  });

  test('the options count', async () => {
    const all = (await faces.detect(picture('obama.jpg'))).faces;
    expect(all).toHaveLength(2);
    const detect = async (options: object) =>
      (await faces.detect(picture('obama.jpg'), options)).faces;
    expect(await detect({ maxFaces: 1 })).toEqual(all.slice(0, 1));
    expect(await detect({ scoreThreshold: 0.95 })).toEqual(all.slice(0, 1));
    expect(await detect({ minSize: 100 })).toHaveLength(1);
  });

  test('bytes, a turned picture and raw pixels are as the file', async () => {
    const bytes = readFileSync(picture('biden.jpg'));
    const known = await faces.detect(picture('biden.jpg'));
    expect(await faces.detect(bytes)).toEqual(known);
    const { data, info } = await sharp(bytes, { ignoreIcc: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const raw = { data, width: info.width, height: info.height, channels: 3 as const };
    expect(await faces.detect(raw)).toEqual(known);
    // Lossless, stored lying, with an EXIF orientation that stands it up.
    const lying = await sharp(data, {
      raw: { width: info.width, height: info.height, channels: 3 },
    })
      .rotate(270)
      .png()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await faces.detect(lying)).toEqual(known);
  });

  test('a grey picture has none', async () => {
    const grey = { data: new Uint8Array(300 * 200 * 3).fill(127), width: 300, height: 200 };
    expect((await faces.detect({ ...grey, channels: 3 })).faces).toEqual([]);
    await expect(
      faces.verify({ ...grey, channels: 3 }, picture('biden.jpg')),
    ).rejects.toMatchObject({ code: 'ERR_NO_FACE' });
  });
});

test('landmarks: eyes above the nose above the mouth, within the box', async () => {
  for (const name of ['biden.jpg', 'obama2.jpg', 'obama3.jpg'] as const) {
    const [face] = (await faces.detect(picture(name))).faces;
    const [right, left, nose, mouthRight, mouthLeft] = face?.landmarks ?? [];
    if (!face || !right || !left || !nose || !mouthRight || !mouthLeft) throw new Error(name);
    expect(right[0]).toBeLessThan(left[0]);
    expect(mouthRight[0]).toBeLessThan(mouthLeft[0]);
    expect(Math.max(right[1], left[1])).toBeLessThan(nose[1]);
    expect(nose[1]).toBeLessThan(Math.min(mouthRight[1], mouthLeft[1]));
    const { x, y, width, height } = face.box;
    for (const point of face.landmarks ?? []) {
      expect(point[0] > x && point[0] < x + width).toBe(true);
      expect(point[1] > y && point[1] < y + height).toBe(true);
    }
  }
});

test('align puts the eyes where the embedder wants them', async () => {
  const [aligned] = await faces.align(picture('biden.jpg'));
  expect(aligned?.crop).toMatchObject({ width: 112, height: 112, channels: 3 });
  // Enlarged eight times, with a border, so that a detector finds the face again.
  const large = await sharp(aligned?.crop.data, { raw: { width: 112, height: 112, channels: 3 } })
    .resize(896)
    .extend({ top: 56, bottom: 56, left: 56, right: 56 })
    .png()
    .toBuffer();
  const points = (await faces.detect(large)).faces[0]?.landmarks ?? [];
  const [eye, otherEye] = points.map(([x, y]) => [x / 8 - 7, y / 8 - 7] as const);
  const distanceFrom = (x: number, y: number, point: readonly [number, number] | undefined) =>
    Math.hypot((point?.[0] ?? 0) - x, (point?.[1] ?? 0) - y);
  // The eyes of the template.
  expect(distanceFrom(38.3, 51.7, eye)).toBeLessThan(6);
  expect(distanceFrom(73.5, 51.5, otherEye)).toBeLessThan(6);
});

describe('embed', () => {
  test('192 values of length 1, and where they come from', async () => {
    const { faces: found } = await faces.embed(picture('biden.jpg'));
    const [face] = found;
    expect(face?.embedding).toHaveLength(192);
    expect(Math.hypot(...(face?.embedding ?? []))).toBeCloseTo(1, 5);
    expect(face?.fingerprint).toMatch(/mobilefacenet-192/);
  });

  test('one picture in two formats gives nearly the same', async () => {
    const [jpeg] = (await faces.embed(picture('obama2.jpg'))).faces;
    const [png] = (await faces.embed(picture('32bit.png'))).faces;
    if (!jpeg || !png) throw new Error('no face');
    expect(faces.distance(jpeg, png)).toBeLessThan(0.01);
  });
});

describe('verify', () => {
  test.each<[PictureName, PictureName, boolean]>([
    ['obama.jpg', 'obama2.jpg', true],
    ['obama.jpg', 'obama3.jpg', true],
    ['obama2.jpg', 'obama3.jpg', true],
    ['biden.jpg', 'obama.jpg', false],
    ['biden.jpg', 'obama2.jpg', false],
    ['obama3.jpg', 'biden.jpg', false],
  ])('%s and %s: %s', async (a, b, same) => {
    const result = await faces.verify(picture(a), picture(b), largest);
    expect(result).toMatchObject({ verified: same, model: 'mobilefacenet-192', metric: 'cosine' });
    expect(result.distance <= result.threshold).toBe(same);
    expect(result.similarity).toBeCloseTo(1 - result.distance, 12);
    const turned = await faces.verify(picture(b), picture(a), largest);
    expect(turned.distance).toBeCloseTo(result.distance, 6);
  });

  test('a picture with itself', async () => {
    const { distance } = await faces.verify(picture('biden.jpg'), picture('biden.jpg'));
    expect(distance).toBeLessThan(1e-6);
  });

  test('two faces are refused with their count, unless told which', async () => {
    const pair = [picture('obama.jpg'), picture('biden.jpg')] as const;
    await expect(faces.verify(...pair)).rejects.toMatchObject({
      code: 'ERR_MULTIPLE_FACES',
      count: 2,
    });
    const all = await faces.verify(...pair, { faces: 'all' });
    expect(all.distances.map((row) => row.length)).toEqual([1, 1]);
  });

  test('threshold 0 is a value, and far chooses the measured one', async () => {
    const pair = [picture('obama2.jpg'), picture('obama3.jpg')] as const;
    expect(await faces.verify(...pair, { threshold: 0 })).toMatchObject({ verified: false });
    const strict = (await faces.verify(...pair, { far: 0.0001 })).threshold;
    const loose = (await faces.verify(...pair, { far: 0.01 })).threshold;
    expect(strict).toBeLessThan(loose);
  });
});

test('batches keep the order', async () => {
  const names = ['biden.jpg', '32bit.png', 'obama2.jpg'] as const;
  const widths: number[] = [];
  for await (const { width } of faces.detectAll(names.map(picture))) widths.push(width);
  expect(widths).toEqual([970, 626, 626]);
});

test('an aborted call rejects, and hurts nobody who shares the computation', async () => {
  const pixels = stalledStore();
  await using cached = createFaces({ ...NETWORKS, cache: { content: memoryStore(), pixels } });
  const controller = new AbortController();
  const aborted = cached.detect(picture('biden.jpg'), { signal: controller.signal });
  const other = cached.detect(picture('biden.jpg'));
  await until(() => cached.cacheStats().content.hits === 1 && pixels.reads === 1);
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  pixels.release();
  expect((await other).faces).toHaveLength(1);
  expect(pixels.reads).toBe(1);
});
