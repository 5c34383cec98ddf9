/**
 * From any numbers that a network could give to faces: nothing throws or hangs, all is finite, and hard suppression keeps
 * what the definition keeps. A seeded walk: 20 rounds, or MNN_FACE_FUZZ_SECONDS (npm run test:fuzz); a failure names its
 * seed, and MNN_FACE_FUZZ_SEED begins there.
 */
import { expect, test } from 'vitest';
import { facesOfPriors } from '../../src/detect/prior-detector.js';
import { Priors } from '../../src/detect/priors.js';
import { wholly } from '../../src/detect/slices.js';
import type { DetectedFace } from '../../src/detect/types.js';

const seconds = Number(process.env.MNN_FACE_FUZZ_SECONDS ?? 0);
const firstSeed = Number(process.env.MNN_FACE_FUZZ_SEED ?? 1);
const ROUNDS = 20;

function numbers(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const ODD = [Number.NaN, Infinity, -Infinity, 0, -0, 1e30, -1e30, 1e-45, 400, -400];

/** Mostly plausible values, some that only a broken or hostile network gives. */
function filled(length: number, next: () => number, odd: number, least: number, most: number) {
  return Float32Array.from({ length }, () =>
    next() < odd
      ? (ODD[Math.floor(next() * ODD.length)] as number)
      : least + next() * (most - least),
  );
}

/** IoU in units of the picture, with the reference's epsilon. */
function iou(a: DetectedFace, b: DetectedFace, width: number, height: number): number {
  const x = Math.min(a.box.x + a.box.width, b.box.x + b.box.width) - Math.max(a.box.x, b.box.x);
  const y = Math.min(a.box.y + a.box.height, b.box.y + b.box.height) - Math.max(a.box.y, b.box.y);
  const overlap = (Math.max(0, x) * Math.max(0, y)) / (width * height);
  const area = ({ box }: DetectedFace) => (box.width * box.height) / (width * height);
  return overlap / (area(a) + area(b) - overlap + 1e-5);
}

function round(seed: number): void {
  const next = numbers(seed);
  const size = { width: 32 + Math.floor(next() * 300), height: 32 + Math.floor(next() * 300) };
  const { count } = new Priors(size);
  // Sometimes fewer values than priors, as of a network of another size.
  const given = next() < 0.1 ? Math.floor(next() * count) : count;
  const odd = next() < 0.5 ? 0 : next() * 0.2;
  const scores = filled(2 * given, next, odd, 0, 1);
  const boxes = filled(4 * given, next, odd, -6, 6);
  const nms = next() < 0.5 ? 'hard' : 'blend';
  const iouThreshold = next() < 0.2 ? Math.round(next()) : next();
  const threshold = next() < 0.2 ? 0 : next();
  const [width, height] = [1 + Math.floor(next() * 5000), 1 + Math.floor(next() * 5000)];
  const pixels = { data: new Uint8Array(0), width, height };
  const faces = wholly(
    facesOfPriors(scores, boxes, size, threshold, pixels, { nms, iouThreshold }),
  );
  const isWhole = ({ box }: DetectedFace) =>
    [box.x, box.y, box.width, box.height].every(Number.isFinite) &&
    box.width >= 0 &&
    box.height >= 0;
  expect(faces.every(isWhole)).toBe(true);
  if (odd === 0) expect(faces.every(({ score }) => score > threshold)).toBe(true);
  if (nms === 'blend') return;
  expect(faces.length).toBeLessThanOrEqual(200);
  expect(faces.every(({ score }, i) => i === 0 || score <= (faces[i - 1]?.score ?? 0))).toBe(true);
  // Boxes of 1e30 pixels lose the digits that the corners had.
  if (odd > 0) return;
  const apart = faces.every((face, i) =>
    faces.slice(0, i).every((other) => iou(other, face, width, height) <= iouThreshold + 1e-9),
  );
  expect(apart).toBe(true);
}

test('any output of a network', { timeout: 60_000 + 2000 * seconds }, () => {
  const end = performance.now() + 1000 * seconds;
  const last = firstSeed + ROUNDS;
  let seed = firstSeed;
  for (; seed < last || performance.now() < end; seed++) {
    try {
      round(seed);
    } catch (error) {
      throw new Error(`Seed ${seed} failed.`, { cause: error });
    }
  }
  if (seconds > 0) console.log(`${seed - firstSeed} rounds`);
});
