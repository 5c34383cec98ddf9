/** decode: 'reduced' gives results in the picture's own coordinates, close to those of 'full'. */
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { createFaces } from '../../src/index.js';
import { iou } from '../boxes.js';
import { image } from '../data.js';

const faces = createFaces();
afterAll(() => faces.close());

const enlarged = (name: string, width: number) =>
  sharp(image(name)).resize({ width }).jpeg({ quality: 92 }).withMetadata().toBuffer();

test('boxes, landmarks and embeddings of a large picture', async () => {
  const jpeg = await enlarged('test4.jpg', 4320);
  const options = { landmarks: 'onet' } as const;
  const full = await faces.embed(jpeg, options);
  const reduced = await faces.embed(jpeg, { ...options, decode: 'reduced' });
  expect([reduced.width, reduced.height]).toEqual([4320, 2880]);
  const [a, b] = [full.faces[0], reduced.faces[0]];
  if (a === undefined || b === undefined) throw new Error('no face');
  expect(iou(a.box, b.box)).toBeGreaterThan(0.9);
  for (const [i, [x, y]] of (a.landmarks ?? []).entries()) {
    const [other, another] = b.landmarks?.[i] ?? [0, 0];
    expect(Math.hypot(x - other, y - another)).toBeLessThan(0.03 * a.box.width);
  }
  expect(faces.distance(a, b)).toBeLessThan(0.05);
  // Not the very same: it was indeed decoded smaller.
  expect(a.embedding).not.toEqual(b.embedding);
});

test('faces that are too small for the embedder are taken from the full picture', async () => {
  // Decoded at a quarter, the faces are 83 to 140 pixels wide; the embedder takes 112.
  const jpeg = await enlarged('crowd/9.jpg', 4000);
  const full = await faces.embed(jpeg);
  const reduced = await faces.embed(jpeg, { decode: 'reduced' });
  expect(reduced.faces).toHaveLength(full.faces.length);
  for (const face of reduced.faces) {
    const same = full.faces.find((other) => iou(other.box, face.box) > 0.9);
    // From the pixels of the quarter it would be 0.003 to 0.008.
    expect(same && faces.distance(face, same)).toBeLessThan(0.002);
  }
});

test('small pictures, crops and hashes are as ever; minSize counts in pixels of the picture', async () => {
  const reduced = { decode: 'reduced' } as const;
  expect((await faces.detect(image('test5.jpg'), reduced)).faces).toEqual(
    (await faces.detect(image('test5.jpg'))).faces,
  );
  const jpeg = await enlarged('test4.jpg', 4320);
  const [crop] = await faces.crop(jpeg, reduced);
  expect(crop?.crop.width).toBe(Math.round(crop?.box.width ?? 0));
  const width = (await faces.detect(jpeg, reduced)).faces[0]?.box.width ?? 0;
  const at = async (minSize: number) =>
    (await faces.detect(jpeg, { ...reduced, minSize })).faces.length;
  expect(width).toBeGreaterThan(400);
  expect(await at(width * 0.9)).toBe(1);
  expect(await at(width * 1.6)).toBe(0);
});

test('cached results of the two kinds are told apart', async () => {
  const cached = createFaces({ cache: true });
  const jpeg = await enlarged('test4.jpg', 4320);
  const full = await cached.detect(jpeg);
  const reduced = await cached.detect(jpeg, { decode: 'reduced' });
  expect(reduced.faces).not.toEqual(full.faces);
  await cached.close();
});
