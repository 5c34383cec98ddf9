/** What bench/calibrate.mjs counts with, against sorted lists of all distances. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allPairs, aucOf, DistanceHistogram } from '../../bench/distance-histogram.mjs';

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function histogramOf(distances: number[]): DistanceHistogram {
  const histogram = new DistanceHistogram();
  for (const distance of distances) histogram.add(distance);
  return histogram;
}

test('thresholds and rates are those of the sorted distances', () => {
  const next = random(7);
  const distances = Array.from({ length: 5000 }, () => 2 * next() * next());
  const histogram = histogramOf(distances);
  const sorted = [...distances].sort((a, b) => a - b);
  for (const rate of [0.5, 0.1, 0.01, 0.001, 0.0002]) {
    const threshold = histogram.thresholdAt(rate);
    // The first that must not pass lies above, by no more than a step.
    const first = sorted[Math.floor(rate * sorted.length)] as number;
    expect(threshold).toBeLessThan(first);
    expect(threshold).toBeGreaterThan(first - 2e-6);
    expect(histogram.rateAt(threshold)).toBeLessThanOrEqual(rate);
  }
  const within = distances.filter((distance) => distance <= 0.3).length;
  expect(histogram.rateAt(0.3)).toBe(within / 5000);
  expect(histogram.rateAt(2)).toBe(1);
  expect(histogram.thresholdAt(1)).toBe(2);
  expect(histogramOf([-1e-9, 2.1]).rateAt(0)).toBe(0.5);
});

test('the AUC counts each pair of a genuine and an impostor distance', () => {
  const next = random(3);
  const genuine = Array.from({ length: 60 }, () => Math.round(900 * next()) / 1000);
  const impostor = Array.from({ length: 80 }, () => Math.round(300 + 900 * next()) / 1000);
  let area = 0;
  for (const g of genuine) for (const i of impostor) area += g < i ? 1 : g === i ? 0.5 : 0;
  expect(aucOf(histogramOf(genuine), histogramOf(impostor))).toBeCloseTo(area / 4800, 12);
});

test('all pairs once, by person', () => {
  const vectors = Float32Array.of(1, 0, 0, 1, 0.6, 0.8, -1, 0);
  const people = Int32Array.of(0, 0, 1, 2);
  const { genuine, impostor } = allPairs({ people, vectors, dimension: 2 });
  expect([genuine.total, impostor.total]).toEqual([1, 5]);
  expect(genuine.thresholdAt(0)).toBeCloseTo(1, 5);
  // 0.4, 2, 0.2, 1, 1.6
  expect([0.1, 0.3, 0.5, 1.1, 1.7, 2].map((threshold) => impostor.rateAt(threshold))).toEqual([
    0, 0.2, 0.4, 0.6, 0.8, 1,
  ]);
});

test('a folder without people ends in one sentence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnn-face-people-'));
  const script = join(__dirname, '..', '..', 'bench', 'calibrate.mjs');
  const result = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(result.status).toBe(2);
  expect(result.stderr).toContain('needs two people');
});
