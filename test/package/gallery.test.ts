/** A gallery of two people: who is known, who is not, forgetting, out and in again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createFaces, type Gallery, openGallery } from '../../src/index.js';
import { NETWORKS, picture } from './data.js';

const faces = createFaces({ ...NETWORKS, cache: true });
afterAll(() => faces.close());
const largest = { faces: 'largest' } as const;

let folder: string;
let gallery: Gallery;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-package-gallery-'));
  gallery = await openGallery({ file: join(folder, 'people.db'), faces });
});
afterEach(async () => {
  await gallery.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the enrolled are matched, a stranger is not', async () => {
  await gallery.enroll('Obama', picture('obama.jpg'), largest);
  for (const name of ['obama2.jpg', 'obama3.jpg', '32bit.png'] as const) {
    const [face] = (await gallery.identify(picture(name))).faces;
    expect(face).toMatchObject({ unknown: false, match: { subject: 'Obama' } });
  }
  const [stranger] = (await gallery.identify(picture('biden.jpg'))).faces;
  expect(stranger).toMatchObject({ unknown: true, match: null, nearest: { subject: 'Obama' } });
  await gallery.enroll('Biden', picture('biden.jpg'));
  const [known] = (await gallery.identify(picture('biden.jpg'))).faces;
  expect(known?.match?.subject).toBe('Biden');
});

test('distances are those of verify()', async () => {
  await gallery.enroll('Obama', picture('obama2.jpg'));
  const wanted = (await faces.verify(picture('obama2.jpg'), picture('obama3.jpg'))).distance;
  const one = await gallery.verify('Obama', picture('obama3.jpg'));
  expect(one).toMatchObject({ verified: true, subject: 'Obama' });
  expect(one.distance).toBeCloseTo(wanted, 6);
});

test('one picture is enrolled once; the forgotten are unknown', async () => {
  expect((await gallery.enroll('Biden', picture('biden.jpg'))).added).toBe(true);
  expect((await gallery.enroll('Biden', picture('biden.jpg'))).added).toBe(false);
  await gallery.forget('Biden');
  expect((await gallery.stats()).entries).toBe(0);
  const [face] = (await gallery.identify(picture('biden.jpg'))).faces;
  expect(face).toMatchObject({ unknown: true, match: null });
});

test('vectors of another embedder are refused', async () => {
  await gallery.enroll('Biden', picture('biden.jpg'));
  const other = createFaces({ detector: 'mtcnn' });
  await expect(
    openGallery({ file: join(folder, 'people.db'), faces: other }),
  ).rejects.toMatchObject({ code: 'ERR_GALLERY' });
  await other.close();
});

test('out and in again', async () => {
  await gallery.enroll('Obama', picture('obama2.jpg'));
  await gallery.enroll('Biden', picture('biden.jpg'));
  const lines: string[] = [];
  for await (const line of gallery.export()) lines.push(line);
  const other = await openGallery({ file: join(folder, 'other.db'), faces });
  await other.import(lines);
  const [face] = (await other.identify(picture('obama3.jpg'))).faces;
  expect(face?.match?.subject).toBe('Obama');
  await other.close();
});
