/** Damaged JPEGs: with decodeErrors 'warn' the pixels of cv2.imread; see tools/vectors/damaged_jpeg_vectors.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { native } from '../../src/native.js';

const Edit = v.union([
  v.object({ cut: v.number() }),
  v.object({ hole: v.tuple([v.number(), v.number()]) }),
  v.object({ set: v.array(v.tuple([v.number(), v.number()])) }),
]);

const Vectors = v.object({
  files: v.record(
    v.string(),
    v.pipe(
      v.string(),
      v.transform((text) => Buffer.from(text, 'base64')),
    ),
  ),
  cases: v.array(
    v.object({
      file: v.string(),
      edit: Edit,
      imread: v.nullable(v.object({ width: v.number(), height: v.number(), sha256: v.string() })),
    }),
  ),
});

const { files, cases } = v.parse(
  Vectors,
  JSON.parse(readFileSync(join(__dirname, '../fixtures/damaged-jpeg.json'), 'utf8')),
);

function edited(jpeg: Buffer, edit: v.InferOutput<typeof Edit>): Buffer {
  if ('cut' in edit) return jpeg.subarray(0, edit.cut);
  if ('hole' in edit) {
    return Buffer.concat([jpeg.subarray(0, edit.hole[0]), jpeg.subarray(edit.hole[1])]);
  }
  const changed = Buffer.from(jpeg);
  for (const [place, value] of edit.set) changed[place] = value;
  return changed;
}

const decode = (jpeg: Buffer, decodeErrors: 'fail' | 'warn') =>
  native().decodeJpeg(jpeg, { maxPixels: 1e8, leastSide: 0, decodeErrors });

describe.each(Object.keys(files))('%s', (file) => {
  const whole = files[file] as Buffer;
  const own = cases.filter((each) => each.file === file);

  test('whole: no warning', async () => {
    expect((await decode(whole, 'warn'))?.warnings).toEqual([]);
  });

  test.each(own.map(({ edit, imread }) => [JSON.stringify(edit), edit, imread] as const))(
    '%s',
    async (_, edit, imread) => {
      const jpeg = edited(whole, edit);
      const decoded = await decode(jpeg, 'warn');
      const ours = decoded && {
        width: decoded.width,
        height: decoded.height,
        sha256: createHash('sha256').update(decoded.data).digest('hex'),
      };
      expect(ours ?? null).toEqual(imread);
      // With 'fail' the same pixels, or nothing; nothing wherever there is a warning.
      const strict = await decode(jpeg, 'fail');
      if (decoded?.warnings.length) expect(strict).toBeUndefined();
      else if (decoded) expect(Buffer.compare(strict?.data ?? Buffer.of(), decoded.data)).toBe(0);
      else expect(strict).toBeUndefined();
    },
  );
});

test('a warning is told once, in words; another value of decodeErrors is refused', async () => {
  const jpeg = (files.baseline as Buffer).subarray(0, -40);
  expect((await decode(jpeg, 'warn'))?.warnings).toEqual([
    'Premature end of JPEG file',
    'Corrupt JPEG data: premature end of data segment',
  ]);
  expect(() => decode(jpeg, 'ignore' as 'warn')).toThrow(/fail or warn/);
});
