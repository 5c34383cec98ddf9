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

/** What the Python reference gives, by model and picture. */
export function readGolden(): Golden {
  return v.parse(
    GoldenSchema,
    JSON.parse(readFileSync(join(shared, 'golden', 'detections.json'), 'utf8')),
  );
}

export const image = (name: string): string => join(shared, 'images', name);

export const FIVE = ['test.jpg', 'test2.jpeg', 'test3.jpeg', 'test4.jpg', 'test5.jpg'] as const;
