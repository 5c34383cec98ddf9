import { afterAll, describe, expect, test } from 'vitest';
import { createFaces, distance } from '../../src/index.js';
import { FIVE, image } from '../data.js';

const faces = createFaces();
afterAll(() => faces.close());

const pairs = FIVE.flatMap((a, i) => FIVE.slice(i + 1).map((b) => [a, b] as const));

describe('compare', () => {
  test.each(pairs)('%s and %s', async (a, b) => {
    const result = await faces.compare(image(a), image(b));
    const same = a === 'test4.jpg' && b === 'test5.jpg';
    expect(result.verified).toBe(same);
    if (same) {
      expect(result.distance).toBeGreaterThan(0.25);
      expect(result.distance).toBeLessThan(0.31);
    } else {
      expect(result.distance).toBeGreaterThan(0.7);
    }
    expect(result.similarity).toBeCloseTo(1 - result.distance, 12);
    expect(result).toMatchObject({
      threshold: 0.6,
      metric: 'cosine',
      model: 'mobilefacenet',
      detector: 'rfb-320',
    });
    expect(result.faces.map((face) => face.landmarks?.length)).toEqual([5, 5]);
  });

  test.each(FIVE)('%s with itself', async (name) => {
    const result = await faces.compare(image(name), image(name));
    expect(result.verified).toBe(true);
    expect(result.distance).toBeLessThan(1e-6);
  });

  test('threshold 0 is a value', async () => {
    const strict = await faces.compare(image('test4.jpg'), image('test5.jpg'), { threshold: 0 });
    expect(strict).toMatchObject({ verified: false, threshold: 0 });
  });

  test('several faces are refused with their count, unless told which', async () => {
    const crowd = image('crowd/12.jpg');
    await expect(faces.compare(crowd, image('test.jpg'))).rejects.toMatchObject({
      name: 'MnnFaceError',
      code: 'ERR_MULTIPLE_FACES',
      count: 5,
    });
    const largest = await faces.compare(crowd, image('test.jpg'), { faces: 'largest' });
    expect(largest.verified).toBe(false);
    const all = await faces.compare(crowd, crowd, { faces: 'all' });
    expect(all.distances).toHaveLength(5);
    expect(all.distances.map((row) => row.length)).toEqual([5, 5, 5, 5, 5]);
    expect(all.distance).toBeLessThan(1e-6);
    expect(all.closest[0]).toBe(all.closest[1]);
  });

  test('no face', async () => {
    const grey = { data: new Uint8Array(64 * 48 * 3).fill(127), width: 64, height: 48 };
    const picture = { ...grey, channels: 3 as const };
    expect((await faces.detect(picture)).faces).toEqual([]);
    await expect(faces.embed(picture)).rejects.toMatchObject({ code: 'ERR_NO_FACE' });
    await expect(faces.compare(picture, image('test.jpg'))).rejects.toMatchObject({
      code: 'ERR_NO_FACE',
    });
  });
});

describe('embed', () => {
  test('gives unit vectors that know their model', async () => {
    const result = await faces.embed(image('test4.jpg'));
    const [face] = result.faces;
    expect(result.faces).toHaveLength(1);
    expect(face?.embedding).toBeInstanceOf(Float32Array);
    expect(face?.embedding).toHaveLength(128);
    expect(Math.hypot(...(face?.embedding ?? []))).toBeCloseTo(1, 6);
    expect(face?.embedding.fingerprint).toBe(result.fingerprint);
    expect(result.fingerprint).toMatch(/^mobilefacenet:f6b43a56d69ceb98:/);
  });

  test('results survive structuredClone and JSON', async () => {
    const a = (await faces.embed(image('test4.jpg'))).faces[0];
    const b = (await faces.embed(image('test5.jpg'))).faces[0];
    if (a === undefined || b === undefined) throw new Error('no face');
    const expected = distance(a, b);
    expect(distance(structuredClone(a), structuredClone(b))).toBe(expected);
    const parsed = JSON.parse(JSON.stringify(a)) as { embedding: number[]; fingerprint: string };
    expect(parsed.embedding).toHaveLength(128);
    expect(distance(parsed, b)).toBeCloseTo(expected, 6);
  });

  test('aligned and unaligned embeddings are not comparable', async () => {
    const aligned = (await faces.embed(image('test4.jpg'))).faces[0];
    const square = (await faces.embed(image('test4.jpg'), { landmarks: false })).faces[0];
    if (aligned === undefined || square === undefined) throw new Error('no face');
    expect(square.landmarks).toBeUndefined();
    expect(() => distance(aligned, square)).toThrow(
      expect.objectContaining({ code: 'ERR_EMBEDDING_MISMATCH' }),
    );
    // Also by the bare vectors, which carry their fingerprint.
    expect(() => distance(aligned.embedding, square.embedding)).toThrow(/different models/);
  });
});
