/** Where tests find weights, pictures and golden values. Nothing here reads them while it is imported. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** The folder with `models`, `images`, `lfw10`, `golden`: MNN_FACE_SHARED, else ../shared. */
export const shared = process.env.MNN_FACE_SHARED ?? join(__dirname, '..', '..', 'shared');

/** The first of its folders that is not there. */
export function missingShared(): string | undefined {
  return ['models', 'images', 'lfw10', 'golden']
    .map((name) => join(shared, name))
    .find((folder) => !existsSync(folder));
}

/** The ten people of lfw10. */
export const LFW10 = [
  'Ariel_Sharon',
  'Arnold_Schwarzenegger',
  'Colin_Powell',
  'Donald_Rumsfeld',
  'George_W_Bush',
  'Gerhard_Schroeder',
  'Hugo_Chavez',
  'Jacques_Chirac',
  'Tony_Blair',
  'Vladimir_Putin',
] as const;

/** The pictures whose faces the reference has counted. */
export const GOLDEN_PICTURES = [
  'crowd/1.jpg',
  'crowd/10.jpg',
  'crowd/11.jpg',
  'crowd/12.jpg',
  'crowd/13.jpg',
  'crowd/15.jpg',
  'crowd/2.jpg',
  'crowd/3.jpg',
  'crowd/5.jpg',
  'crowd/6.jpg',
  'crowd/8.jpg',
  'crowd/9.jpg',
  'test.jpg',
  'test2.jpeg',
  'test3.jpeg',
  'test4.jpg',
  'test5.jpg',
] as const;

const GoldenFace = v.object({
  x1: v.number(),
  y1: v.number(),
  x2: v.number(),
  y2: v.number(),
  score: v.number(),
});

const GoldenSchema = v.record(
  v.string(),
  v.record(
    v.string(),
    v.object({
      width: v.number(),
      height: v.number(),
      rgb_sha256: v.string(),
      resized_rgb_sha256: v.string(),
      faces: v.array(GoldenFace),
    }),
  ),
);

export type GoldenFace = v.InferOutput<typeof GoldenFace>;
export type Golden = v.InferOutput<typeof GoldenSchema>;

let read: Golden | undefined;

/** What the Python reference gives, by model and picture. */
export function readGolden(): Golden {
  read ??= v.parse(
    GoldenSchema,
    JSON.parse(readFileSync(join(shared, 'golden', 'detections.json'), 'utf8')),
  );
  return read;
}

/** What it gives for one picture. */
export function goldenOf(model: string, picture: string): Golden[string][string] {
  const expected = readGolden()[model]?.[picture];
  if (expected === undefined) throw new Error(`no golden values of ${model} for ${picture}`);
  return expected;
}

export const image = (name: string): string => join(shared, 'images', name);

export const FIVE = ['test.jpg', 'test2.jpeg', 'test3.jpeg', 'test4.jpg', 'test5.jpg'] as const;
