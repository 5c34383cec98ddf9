/** The second pass: times, interleaved between the sides, medians of several repetitions. */
import { performance } from 'node:perf_hooks';

export const SIDES = ['ours', 'article', 'warm'];

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function timed(call) {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/**
 * Medians in milliseconds per side. Each repetition begins with another side, so that none is
 * always the one that finds the machine just woken or its caches filled by another.
 *
 * @param calls - By side: makes one call and gives its milliseconds.
 */
async function interleave(calls, repetitions) {
  const all = Object.fromEntries(SIDES.map((side) => [side, []]));
  for (let round = 0; round < repetitions; round++) {
    for (const i of SIDES.keys()) {
      const side = SIDES[(round + i) % SIDES.length];
      all[side].push(await calls[side]());
    }
  }
  return Object.fromEntries(SIDES.map((side) => [side, median(all[side])]));
}

/** Detection in one picture file. */
export async function timeDetect({ faces, worker }, { path }, detector, repetitions) {
  const theirs = (mode) => async () =>
    (await worker.call('detect', { mode, picture: path, detector })).milliseconds;
  return await interleave(
    {
      ours: () => timed(() => faces.detect(path, { detector })),
      article: theirs('article'),
      warm: theirs('warm'),
    },
    repetitions,
  );
}

/** Detection and embedding of the largest faces of two picture files, and their distance. */
export async function timeCompare({ faces, worker }, [a, b], detector, repetitions) {
  const theirs = (mode) => async () =>
    (await worker.call('compare', { mode, first: a.path, second: b.path, detector })).milliseconds;
  return await interleave(
    {
      ours: () => timed(() => faces.compare(a.path, b.path, { detector, faces: 'largest' })),
      article: theirs('article'),
      warm: theirs('warm'),
    },
    repetitions,
  );
}

/** Neighbours of a list, two by two; an only picture goes with itself. */
export function pairUp(pictures) {
  if (pictures.length === 1) return [[pictures[0], pictures[0]]];
  const pairs = [];
  for (let i = 0; i + 1 < pictures.length; i += 2) pairs.push([pictures[i], pictures[i + 1]]);
  return pairs;
}

/**
 * Means of the medians, and how many times our time the reference takes; null without times.
 *
 * @param times - Milliseconds by side.
 */
export function summariseTimes(times) {
  if (times.length === 0) return null;
  const mean = (side) => times.reduce((sum, entry) => sum + entry[side], 0) / times.length;
  const milliseconds = Object.fromEntries(SIDES.map((side) => [side, mean(side)]));
  return {
    calls: times.length,
    milliseconds,
    ratio: {
      article: milliseconds.article / milliseconds.ours,
      warm: milliseconds.warm / milliseconds.ours,
    },
  };
}
