/** Where tests find weights, pictures and golden values; loud when they are not there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** The folder with `models`, `images`, `lfw10`, `golden`: MNN_FACE_SHARED, else ../shared. */
export const shared = process.env.MNN_FACE_SHARED ?? join(__dirname, '..', '..', 'shared');

/** vitest's global set-up: without the weights nothing here means anything. */
export default function setup(): void {
  for (const name of ['models', 'images', 'lfw10', 'golden']) {
    if (!existsSync(join(shared, name))) {
      throw new Error(
        `The tests need ${join(shared, name)}, which is missing. Put the weights and pictures beside the checkout, or name their folder with MNN_FACE_SHARED.`,
      );
    }
  }
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
