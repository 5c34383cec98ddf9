/** A gallery whose process is killed while it enrols. bench/gallery-kill.mjs does it a hundred times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { createFaces, openGallery, sqliteGalleryStore } from '../../src/index.js';

const Killer = v.object({
  enrolAndKill: v.custom<
    (file: string, from: number, after: number, delay: number) => Promise<number[]>
  >((value) => typeof value === 'function'),
  examine: v.custom<(file: string, acknowledged: number[]) => Promise<Record<string, unknown>>>(
    (value) => typeof value === 'function',
  ),
});
const Maker = v.object({
  faceOf: v.custom<(number: number) => Float32Array>((value) => typeof value === 'function'),
});

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('kill -9: what was acknowledged is there, the file is whole, the search agrees', async () => {
  const { enrolAndKill, examine } = v.parse(Killer, require('../process/kill-enroller.cjs'));
  const { faceOf } = v.parse(Maker, require('../process/made-up-face.cjs'));
  const file = join(folder, 'gallery.db');
  const acknowledged: number[] = [];
  for (const [round, delay] of [0, 3, 7, 12].entries()) {
    acknowledged.push(...(await enrolAndKill(file, 10_000 * round, 5, delay)));
  }
  expect(await examine(file, acknowledged)).toMatchObject({
    lost: [],
    wrong: [],
    duplicates: 0,
    integrity: 'ok',
  });
  const faces = createFaces();
  await (await openGallery({ file, faces })).close();
  const store = sqliteGalleryStore({ file });
  await store.open(faces.embedderOfGallery().make, { keepCrops: false });
  for (const number of acknowledged) {
    const face = faceOf(number);
    const length = Math.hypot(...face);
    const [nearest] = await store.search(
      face.map((value) => value / length),
      { limit: 1 },
    );
    expect(nearest?.subject).toBe(`subject ${number}`);
    expect(nearest?.distance).toBeLessThan(1e-6);
  }
  await store.close();
  await faces.close();
});
