import { describe, expect, it } from 'vitest';
import { averageLinkage } from '../../src/cluster/average-linkage.js';

/** A repeatable stream of numbers, about normal. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
  return () => uniform() + uniform() + uniform() + uniform();
}

/** `each` unit vectors around the directions of `people`. */
function people(count: number, each: number, spread: number, dimension = 64) {
  const next = normals(7);
  const values = new Float32Array(count * each * dimension);
  const person = new Int32Array(count * each);
  for (let p = 0, row = 0; p < count; p++) {
    const centre = Array.from({ length: dimension }, next);
    for (let i = 0; i < each; i++, row++) {
      const vector = centre.map((value) => value + spread * next());
      const length = Math.hypot(...vector);
      values.set(
        vector.map((value) => value / length),
        row * dimension,
      );
      person[row] = p;
    }
  }
  return { vectors: { values, dimension }, person };
}

/** Whether two labellings put the same rows together. */
function sameGroups(a: Int32Array, b: Int32Array): boolean {
  const toB = new Map<number, number>();
  const toA = new Map<number, number>();
  return a.every((label, i) => {
    const other = b[i] as number;
    if (!toB.has(label)) toB.set(label, other);
    if (!toA.has(other)) toA.set(other, label);
    return toB.get(label) === other && toA.get(other) === label;
  });
}

/** UPGMA from its definition: all pairs of groups at each step. */
function simpleAverageLinkage(
  { values, dimension }: { values: Float32Array; dimension: number },
  threshold: number,
): Int32Array {
  const rows = values.length / dimension;
  const cosine = (a: number, b: number) => {
    let sum = 0;
    for (let k = 0; k < dimension; k++) {
      sum += (values[a * dimension + k] as number) * (values[b * dimension + k] as number);
    }
    return sum;
  };
  let groups = Array.from({ length: rows }, (_, row) => [row]);
  for (;;) {
    let best = { mean: -2, i: 0, j: 0 };
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        const [a, b] = [groups[i] as number[], groups[j] as number[]];
        let sum = 0;
        for (const x of a) for (const y of b) sum += cosine(x, y);
        const mean = sum / (a.length * b.length);
        if (mean > best.mean) best = { mean, i, j };
      }
    }
    if (best.mean < 1 - threshold) break;
    const joined = [...(groups[best.i] as number[]), ...(groups[best.j] as number[])];
    groups = [...groups.filter((_, i) => i !== best.i && i !== best.j), joined];
  }
  const labels = new Int32Array(rows);
  groups.forEach((group, label) => {
    for (const row of group) labels[row] = label;
  });
  return labels;
}

describe('groups by average linkage', () => {
  it('finds the people', () => {
    const { vectors, person } = people(30, 6, 0.6);
    expect(sameGroups(averageLinkage(vectors, 0.55), person)).toBe(true);
  });

  it('equals the definition where groups touch', () => {
    const { vectors } = people(12, 5, 1.3, 16);
    for (const threshold of [0.3, 0.5, 0.7]) {
      const found = averageLinkage(vectors, threshold);
      expect(sameGroups(found, simpleAverageLinkage(vectors, threshold))).toBe(true);
    }
  });

  it('does not chain: a row of people, each near the next, stays apart', () => {
    const steps = 10;
    const values = Float32Array.from(
      Array.from({ length: steps }, (_, i) => {
        const angle = (i * 35 * Math.PI) / 180 / 2;
        return [Math.cos(angle), Math.sin(angle)];
      }).flat(),
    );
    const labels = averageLinkage({ values, dimension: 2 }, 0.1);
    expect(new Set(labels).size).toBeGreaterThan(3);
  });

  it('never joins two faces of one picture', () => {
    const { vectors } = people(1, 8, 0.2);
    const pictures = Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3);
    const labels = averageLinkage(vectors, 0.55, pictures);
    for (let i = 0; i < 8; i += 2) expect(labels[i]).not.toBe(labels[i + 1]);
    expect(new Set(labels).size).toBe(2);
  });

  it('numbers the largest group 0 and leaves strangers alone', () => {
    const { vectors: many } = people(1, 5, 0.3);
    const { vectors: one } = people(2, 1, 0.3);
    const stranger = one.values.slice(64);
    const values = Float32Array.of(...stranger, ...many.values);
    expect([...averageLinkage({ values, dimension: 64 }, 0.55)]).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it('finds the people among many, where not every pair is looked at', () => {
    const { vectors, person } = people(1500, 4, 0.5);
    const found = averageLinkage(vectors, 0.35);
    const groupsOf = Array.from({ length: 1500 }, () => new Set<number>());
    const peopleOf = new Map<number, Set<number>>();
    person.forEach((p, row) => {
      const group = found[row] as number;
      groupsOf[p]?.add(group);
      peopleOf.set(group, (peopleOf.get(group) ?? new Set()).add(p));
    });
    expect([...peopleOf.values()].filter((group) => group.size > 1)).toEqual([]);
    // Directions spread evenly are the worst case for cells; faces of real people are kinder.
    expect(groupsOf.filter((groups) => groups.size > 1).length).toBeLessThan(15);
  });

  it('takes nothing and one', () => {
    expect([...averageLinkage({ values: new Float32Array(0), dimension: 8 }, 0.5)]).toEqual([]);
    expect([...averageLinkage({ values: new Float32Array(8), dimension: 8 }, 0.5)]).toEqual([0]);
  });
});
