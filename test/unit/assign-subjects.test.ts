import { describe, expect, test } from 'vitest';
import { thresholdForFpir } from '../../src/compare/fpir.js';
import { assignSubjects, type NearFace } from '../../src/gallery/assign.js';
import { findModel } from '../../src/models/manifest.js';

function near(quality: number, distances: Record<string, number>): NearFace {
  const candidates = Object.entries(distances)
    .map(([subject, distance], i) => ({
      subject,
      entry: i + 1,
      distance,
      similarity: 1 - distance,
      source: null,
      metadata: null,
    }))
    .sort((a, b) => a.distance - b.distance);
  const box = { x: 0, y: 0, width: 50, height: 50 };
  return {
    box,
    score: 1,
    quality,
    reasons: ['it is small'],
    nearest: candidates[0] ?? null,
    candidates,
  };
}

const CRITERION = { threshold: 0.6, minQuality: 0.25, repeats: false };
const subjects = (faces: readonly NearFace[], criterion = CRITERION) =>
  assignSubjects(faces, criterion).map(({ match }) => match?.subject ?? null);

describe('whose each face of a picture is', () => {
  test('the nearest within the threshold, or nobody', () => {
    expect(subjects([near(1, { Ada: 0.3, Bob: 0.5 }), near(1, { Ada: 0.9 })])).toEqual([
      'Ada',
      null,
    ]);
  });

  test('a subject goes to the face that is nearest to it, the other face to its next one', () => {
    const faces = [near(1, { Ada: 0.4, Bob: 0.5 }), near(1, { Ada: 0.3 }), near(1, { Ada: 0.5 })];
    expect(subjects(faces)).toEqual(['Bob', 'Ada', null]);
    expect(assignSubjects(faces, CRITERION)[2]?.reason).toContain('nearer to Ada');
    // Mirrors and screens.
    expect(subjects(faces, { ...CRITERION, repeats: true })).toEqual(['Ada', 'Ada', 'Ada']);
  });

  test('a face that is too poor matches nobody, and says why', () => {
    const [face] = assignSubjects([near(0.1, { Ada: 0.05 })], CRITERION);
    expect(face).toMatchObject({ match: null, unknown: true, reliable: false });
    expect(face?.reason).toContain('it is small');
    expect(face?.nearest?.subject).toBe('Ada');
    expect(subjects([near(0.1, { Ada: 0.05 })], { ...CRITERION, minQuality: 0 })).toEqual(['Ada']);
  });
});

describe('the false positive rate per stranger', () => {
  const model = {
    ...findModel('mobilefacenet'),
    threshold: 0.6,
    operatingPoints: [
      { far: 0.01, tar: 1, threshold: 0.75 },
      { far: 0.0001, tar: 1, threshold: 0.6 },
      { far: 0.00001, tar: 1, threshold: 0.53 },
    ],
  };

  test('asks for a stricter threshold the more are enrolled', () => {
    expect(thresholdForFpir(model, 0.01, 100).threshold).toBe(0.6);
    expect(thresholdForFpir(model, 0.01, 1000).threshold).toBe(0.53);
    expect(thresholdForFpir(model, 0.01, 1000).fpir.expected).toBeCloseTo(0.00995, 4);
  });

  test('is never looser than for two faces', () => {
    expect(thresholdForFpir(model, 0.5, 1).threshold).toBe(0.6);
  });

  test('past the table takes the strictest, and says what to expect', () => {
    const { threshold, fpir } = thresholdForFpir(model, 0.01, 1e6);
    expect(threshold).toBe(0.53);
    expect(fpir.asked).toBe(0.01);
    expect(fpir.expected).toBeGreaterThan(0.99);
  });
});
