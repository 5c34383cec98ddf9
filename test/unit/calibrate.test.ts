import { describe, expect, it } from 'vitest';
import { detCurve, operatingPoints, wilsonInterval } from '../../src/calibrate/operating-points.js';
import { type KnownFace, pairDistances } from '../../src/calibrate/pair-distances.js';

/** A unit vector in the plane at an angle. */
function at(person: number, degrees: number): KnownFace {
  const angle = (degrees * Math.PI) / 180;
  return { person, vector: Float32Array.of(Math.cos(angle), Math.sin(angle)) };
}

describe('thresholds from pairs of faces', () => {
  const faces = [at(0, 0), at(0, 10), at(1, 90), at(1, 120), at(2, 180)];

  it('counts every pair once and names the worst', async () => {
    const pairs = await pairDistances(faces, { worst: 1 });
    expect(pairs.genuinePairs).toBe(2);
    expect(pairs.impostorPairs).toBe(8);
    expect(pairs.nearestImpostors).toMatchObject([{ a: 3, b: 4 }]); // 60 degrees
    expect(pairs.farthestGenuine).toMatchObject([{ a: 2, b: 3 }]); // 30 degrees
  });

  it('gives the largest threshold that keeps a rate', async () => {
    const pairs = await pairDistances(faces);
    const [point] = operatingPoints(pairs, [1 / 8]);
    // One of eight impostor pairs may pass: that of 60 degrees does, the next (80 degrees) does not.
    expect(point?.measuredFar).toBeCloseTo(1 / 8);
    expect(point?.threshold).toBeGreaterThanOrEqual(1 - Math.cos(Math.PI / 3));
    expect(point?.threshold).toBeLessThan(1 - Math.cos((80 * Math.PI) / 180));
    expect(point?.tar).toBe(1);
  });

  it('leaves out a rate that the pairs cannot show', async () => {
    const pairs = await pairDistances(faces);
    expect(operatingPoints(pairs, [0.1])).toEqual([]);
  });

  it('draws error rates that go from all rejected to all accepted', async () => {
    const curve = detCurve(await pairDistances(faces));
    expect(curve[0]).toMatchObject({ far: 0, frr: 1 });
    expect(curve.at(-1)).toMatchObject({ far: 1, frr: 0 });
  });

  it('has the interval that Wilson gives', () => {
    // Brown, Cai and DasGupta (2001): 0 of 10 gives 0 to 0.2775.
    const [low, high] = wilsonInterval(0, 10);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(0.2775, 3);
  });
});
