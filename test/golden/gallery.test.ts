/** Galleries of real pictures: who is found, what is refused, out and in again. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createFaces,
  type Faces,
  type Gallery,
  type GalleryOptions,
  openGallery,
} from '../../src/index.js';
import { image, LFW10 as people, shared } from '../data.js';
import { unit } from '../vectors.js';

const faces: Faces = createFaces({ cache: true });
const unaligned = createFaces({ landmarks: false });
afterAll(async () => {
  await faces.close();
  await unaligned.close();
});

let folder: string;
let file: string;
const opened: Gallery[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-gallery-'));
  file = join(folder, 'gallery.db');
});
afterEach(async () => {
  for (const gallery of opened.splice(0)) await gallery.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<GalleryOptions> = {}): Promise<Gallery> {
  const gallery = await openGallery({ file, faces, ...options });
  opened.push(gallery);
  return gallery;
}

const picture = (person: string, number: number) =>
  join(shared, 'lfw10', person, `${person}_${String(number).padStart(4, '0')}.jpg`);
const [ARIEL, , COLIN] = people;

async function text(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('ten people', () => {
  test('one picture each; others of them are matched, strangers are not', async () => {
    const gallery = await open();
    for (const person of people.slice(0, 5)) {
      await gallery.enroll(person, picture(person, 1), { faces: 'largest' });
    }
    for (const [i, person] of people.entries()) {
      const { faces: found, threshold } = await gallery.identify(picture(person, 3), {
        faces: 'largest',
        far: 0.001,
        limit: 3,
      });
      const [face] = found;
      expect(face?.candidates).toHaveLength(3);
      expect(face?.nearest).toEqual(face?.candidates[0]);
      expect(new Set(face?.candidates.map(({ subject }) => subject)).size).toBe(3);
      if (i < 5) {
        expect(face).toMatchObject({ unknown: false, match: { subject: person } });
        expect(face?.match?.distance).toBeLessThanOrEqual(threshold);
        expect(face?.match?.source).toBe(picture(person, 1));
      } else {
        expect(face).toMatchObject({ unknown: true, match: null });
        expect(face?.nearest?.distance).toBeGreaterThan(threshold);
      }
    }
  });

  test('distances are those of verify()', async () => {
    const gallery = await open();
    await gallery.enroll('Colin', picture(COLIN, 1), { metadata: { nr: [1, { a: null }] } });
    const [a, b] = [picture(COLIN, 1), picture(COLIN, 2)];
    const wanted = (await faces.verify(a, b)).distance;
    const one = await gallery.verify('Colin', b);
    expect(one).toMatchObject({ verified: true, subject: 'Colin', threshold: 0.6 });
    expect(one.metadata).toEqual({ nr: [1, { a: null }] });
    expect(one.distance).toBeCloseTo(wanted, 6);
    const [face] = (await gallery.identify(b)).faces;
    expect(face?.nearest?.distance).toBeCloseTo(wanted, 6);
    expect(await gallery.verify('Colin', b, { threshold: 0 })).toMatchObject({ verified: false });
    await expect(gallery.verify('Nobody', b)).rejects.toMatchObject({ code: 'ERR_GALLERY' });
  });

  test('clusters without names', async () => {
    const gallery = await open();
    const chosen = [1, 4, 7].flatMap((i) =>
      [1, 2, 3].map((n) => ({ i, path: picture(people[i] as string, n) })),
    );
    const paths = chosen.map(({ path }) => path);
    const inputs = [...paths, image('test.jpg'), unit(128, 9)];
    const result = await gallery.cluster(inputs, { faces: 'largest' });
    expect(result.clusters).toBe(5);
    expect(result.faces.map(({ cluster }) => cluster)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4]);
    expect(result.faces[0]?.face?.box.width).toBeGreaterThan(20);
    expect(result.faces[10]).toEqual({ index: 10, cluster: 4 });
    expect((await gallery.stats()).entries).toBe(0);
  });
});

describe('enrolling', () => {
  test('needs one face, and says how to take the largest', async () => {
    const gallery = await open();
    const crowd = image('crowd/12.jpg');
    await expect(gallery.enroll('Ada', crowd)).rejects.toMatchObject({
      code: 'ERR_MULTIPLE_FACES',
      count: 5,
    });
    expect(await gallery.subjects()).toEqual([]);
    expect(await gallery.enroll('Ada', crowd, { faces: 'largest' })).toMatchObject({ added: true });
  });

  test('the same picture once: as a path, as bytes, under another file name', async () => {
    const counting = createFaces({ cache: true });
    const gallery = await open({ faces: counting });
    const path = image('test4.jpg');
    const first = await gallery.enroll('Ada', path);
    const again = { ...first, added: false };
    expect(await gallery.enroll('Ada', await readFile(path))).toEqual(again);
    copyFileSync(path, join(folder, 'copy.jpg'));
    expect(await gallery.enroll('Ada', join(folder, 'copy.jpg'))).toEqual(again);
    // Known pictures are not embedded, not even looked up.
    expect(counting.cacheStats().content).toMatchObject({ hits: 0, misses: 1 });
    expect(await gallery.enroll('Bea', path)).toMatchObject({ added: true });
    await counting.close();
  });

  test('embeddings: of this model, with a direction', async () => {
    const gallery = await open();
    const [face] = (await faces.embed(image('test4.jpg'))).faces;
    if (face === undefined) throw new Error('no face');
    const plain = JSON.parse(JSON.stringify(face)) as typeof face;
    await gallery.enroll('Ada', face, { source: 'a door' });
    expect(await gallery.enroll('Ada', plain)).toMatchObject({ added: false });
    expect(await gallery.enroll('Ada', face.embedding)).toMatchObject({ added: false });
    // Of any length: it is the direction that counts.
    const longer = face.embedding.map((value) => value * 3);
    await gallery.enroll('Bea', longer);
    const [found] = (await gallery.identify(image('test4.jpg'))).faces;
    expect(found?.candidates.map(({ subject }) => subject).sort()).toEqual(['Ada', 'Bea']);
    expect(found?.candidates[1]?.distance).toBeCloseTo(0, 6);
    expect(found?.nearest?.source).toBe('a door');
    const [other] = (await unaligned.embed(image('test4.jpg'))).faces;
    for (const wrong of [
      other,
      new Float32Array(128),
      new Float32Array(64).fill(1),
      [Number.NaN],
    ]) {
      await expect(gallery.enroll('Cleo', wrong as never)).rejects.toMatchObject({
        code: 'ERR_EMBEDDING_MISMATCH',
      });
    }
    await expect(
      gallery.enroll('Cleo', image('test.jpg'), { landmarks: false }),
    ).rejects.toMatchObject({ code: 'ERR_EMBEDDING_MISMATCH' });
  });

  test('an error names the picture by its file; embeddings may be of another realm', async () => {
    const gallery = await open();
    const path = join(folder, 'the picture of nobody.png');
    const background = { r: 90, g: 90, b: 90 };
    await sharp({ create: { width: 320, height: 240, channels: 3, background } }).toFile(path);
    await expect(gallery.enroll('Ada', path)).rejects.toMatchObject({
      code: 'ERR_NO_FACE',
      message: expect.stringContaining(`in ${path}`),
      picture: path,
    });
    await expect(gallery.enroll('Ada', image('crowd/12.jpg'))).rejects.toThrow(/12\.jpg/);
    const Foreign = runInNewContext('Float32Array') as typeof Float32Array;
    const foreign = Foreign.from(unit(128, 3));
    expect(await gallery.enroll('Ada', foreign)).toMatchObject({ added: true });
    expect(await gallery.enroll('Ada', unit(128, 3))).toMatchObject({ added: false });
  });

  test('wrong arguments', async () => {
    const gallery = await open();
    const path = image('test4.jpg');
    for (const name of ['', '  ', 'x'.repeat(600), 'a\0b', 5]) {
      await expect(gallery.enroll(name as string, path)).rejects.toThrow(/subject must be/);
    }
    for (const metadata of [[], 'text', { a: 1n }]) {
      await expect(gallery.enroll('Ada', path, { metadata: metadata as never })).rejects.toThrow(
        TypeError,
      );
    }
    await expect(gallery.identify(path, { limit: 0 })).rejects.toThrow(RangeError);
    await expect(gallery.identify(path, { threshold: 1, far: 0.1 })).rejects.toThrow(RangeError);
    await expect(gallery.identify(path, { limt: 3 } as never)).rejects.toThrow(/limt/);
    await expect(openGallery({ faces } as never)).rejects.toThrow(TypeError);
    await expect(openGallery({ file, faces: {} as never })).rejects.toThrow(TypeError);
    await expect(openGallery({ file, faces, fil: 1 } as never)).rejects.toThrow(TypeError);
    await expect(openGallery({ file, faces, threshold: 3 })).rejects.toThrow(RangeError);
    for (const wrong of [
      () => gallery.enroll('Ada', [1], { metdata: {} } as never),
      () => gallery.enroll('Ada', path, { threshold: 1 } as never),
      () => gallery.verify('Ada', path, { limit: 1 } as never),
      () => gallery.duplicates({ treshold: 1 } as never),
      () => gallery.cluster([], { epsilon: 1 } as never),
      () => gallery.import([], { onprogress: () => {} } as never),
      () => gallery.reembed({ progress: 1 } as never),
      async () => gallery.entries({ subjekt: 'Ada' } as never),
      () => openGallery({ file, faces, keepCrops: 1 as never }),
    ]) {
      await expect(wrong()).rejects.toThrow(TypeError);
    }
    await expect(gallery.enroll('Ada', path, { faces: 'all' as never })).rejects.toThrow(
      /faces must be one of "single", "largest"/,
    );
    const signal = AbortSignal.abort();
    await expect(gallery.identify(path, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

test('rename, merge, remove and forget', async () => {
  const gallery = await open();
  await gallery.enroll('Ada', picture(COLIN, 1));
  await gallery.enroll('Ada', picture(COLIN, 2));
  await gallery.enroll('Colin', picture(COLIN, 1));
  expect(await gallery.rename('Ada', 'Colin')).toBe(2);
  expect(await gallery.subjects()).toMatchObject([{ subject: 'Colin', entries: 2 }]);
  const [{ id }] = (await text(gallery.entries() as never)) as unknown as [{ id: number }];
  expect(await gallery.remove('Colin', id)).toBe(1);
  expect(await gallery.forget('Colin')).toEqual({ subject: 'Colin', entries: 1, erased: true });
  const [face] = (await gallery.identify(picture(COLIN, 3))).faces;
  expect(face).toMatchObject({ unknown: true, nearest: null, candidates: [] });
});

test('duplicates: near ones under two names, and the same picture', async () => {
  const gallery = await open();
  await gallery.enroll('Colin', picture(COLIN, 1));
  await gallery.enroll('Ariel', picture(ARIEL, 1));
  expect(await gallery.duplicates()).toEqual([]);
  await gallery.enroll('General', picture(COLIN, 2));
  await gallery.enroll('Secretary', picture(COLIN, 1));
  const found = await gallery.duplicates();
  expect(found.map(({ a, b, sameContent }) => [a.subject, b.subject, sameContent])).toEqual([
    ['Colin', 'Secretary', true],
    ['Colin', 'General', false],
    ['General', 'Secretary', false],
  ]);
  expect(found[0]?.distance).toBeCloseTo(0, 6);
  expect(await gallery.duplicates({ threshold: 0.01 })).toHaveLength(1);
});

describe('export and import', () => {
  test('come to the same, may be repeated, and may come in any chunks', async () => {
    const gallery = await open({ keepCrops: true });
    await gallery.enroll('Ada', image('test4.jpg'), { metadata: { n: 1 } });
    await gallery.enroll('Bob Üñí', image('test.jpg'));
    const lines = await text(gallery.export());
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      format: 'mnn-face-gallery',
      make: { model: 'mobilefacenet', dimension: 128 },
    });
    const other = await open({ file: join(folder, 'other.db'), keepCrops: true });
    const bytes = Buffer.from(lines.join(''));
    const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
      bytes.subarray(i * 1000, (i + 1) * 1000),
    );
    expect(await other.import(chunks)).toEqual({ entries: 2, added: 2 });
    expect(await other.import(lines)).toEqual({ entries: 2, added: 0 });
    const withoutTimes = (all: string[]) => all.map((line) => line.replace(/"enrolledAt":\d+/, ''));
    expect(withoutTimes(await text(other.export()))).toEqual(withoutTimes(lines));
  });

  test('a wrong line is named, what came before is kept, and it can go on', async () => {
    const gallery = await open();
    await gallery.enroll('Ada', image('test4.jpg'));
    const [header, line] = (await text(gallery.export())) as [string, string];
    const other = await open({ file: join(folder, 'other.db') });
    const wrongs: [string, RegExp][] = [
      ['no json\n', /Line 3 .*JSON/],
      [line.replace('"Ada"', '5'), /Line 3 .*subject/],
      [line.replace(/"embedding":"./, '"embedding":"?'), /Line 3 .*embedding: not base64/],
      [line.replace(/"embedding":"..../, '"embedding":"'), /Line 3 .*embedding: not 128/],
      [
        line.replace(/"embedding":"[^"]{8}/, '"embedding":"AACAfwAA'),
        /Line 3 .*embedding: no unit/,
      ],
      [line.replace(/"contentHash":"./, '"contentHash":"'), /Line 3 .*contentHash/],
    ];
    for (const [wrong, message] of wrongs) {
      await expect(other.import([header, line, wrong])).rejects.toMatchObject({
        code: 'ERR_GALLERY',
        message: expect.stringMatching(message),
      });
    }
    await expect(other.import([])).rejects.toThrow(/empty/);
    await expect(other.import([line])).rejects.toThrow(/Line 1/);
    const foreign = header.replace('mobilefacenet:', 'facenet:');
    await expect(other.import([foreign, line])).rejects.toThrow(/facenet:.*mobilefacenet:/s);
    expect(await other.import([header, line])).toEqual({ entries: 1, added: 1 });
  });
});

describe('another model', () => {
  test('is refused with both names; kept crops bring the gallery to it', async () => {
    const gallery = await open({ faces: unaligned, keepCrops: true });
    await gallery.enroll('Ada', image('test4.jpg'));
    await gallery.enroll('Bob', image('test.jpg'));
    await gallery.close();
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_GALLERY',
      message: expect.stringMatching(/square-1.*aligned-1.*reembed/s),
    });
    const moved = await open({ reembed: true });
    await expect(moved.identify(image('test5.jpg'))).rejects.toMatchObject({ code: 'ERR_GALLERY' });
    expect(await moved.reembed()).toBe(2);
    const [face] = (await moved.identify(image('test4.jpg'))).faces;
    expect(face?.match).toMatchObject({ subject: 'Ada' });
    // The crop is what the model sees, but in 8 bits.
    expect(face?.match?.distance).toBeLessThan(0.005);
    await moved.close();
    expect((await (await open()).identify(image('test5.jpg'))).faces[0]?.match?.subject).toBe(
      'Ada',
    );
  });

  test('without crops it cannot be, and nothing is changed', async () => {
    const gallery = await open({ faces: unaligned });
    await gallery.enroll('Ada', image('test4.jpg'));
    await gallery.close();
    const stuck = await open({ reembed: true });
    await expect(stuck.reembed()).rejects.toThrow(/no kept crop.*new gallery/s);
    await stuck.close();
    const again = await open({ faces: unaligned });
    expect((await again.identify(image('test4.jpg'))).faces[0]?.match?.subject).toBe('Ada');
  });
});
