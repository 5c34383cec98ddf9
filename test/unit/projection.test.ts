import { expect, test } from 'vitest';
import { fingerprintOf, withoutProjection } from '../../src/embed/embed-faces.js';
import { projectionOf, projectOut } from '../../src/embed/projection.js';
import { canUpgrade } from '../../src/gallery/make.js';
import { findModel } from '../../src/models/manifest.js';

const ALIGNED = { crop: 'aligned', interpolation: 'linear' } as const;

test.each(['mobilefacenet', 'mobilefacenet-192'])('the directions of %s', (name) => {
  const model = findModel(name);
  const projection = projectionOf(model);
  if (projection === undefined) throw new Error('no projection');
  const { rows, dimension } = projection;
  expect(rows.length).toBe(4 * dimension);
  // Orthonormal.
  for (let a = 0; a < 4; a++) {
    for (let b = a; b < 4; b++) {
      let dot = 0;
      for (let i = 0; i < dimension; i++) {
        dot += (rows[a * dimension + i] as number) * (rows[b * dimension + i] as number);
      }
      expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  }
  // What lies along a direction goes, what does not stays; twice is once.
  const along = rows.slice(0, dimension);
  projectOut(along, projection);
  expect(Math.hypot(...along)).toBeLessThan(1e-5);
  const vector = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i * i));
  projectOut(vector, projection);
  const once = vector.slice();
  projectOut(vector, projection);
  vector.forEach((value, i) => {
    expect(value).toBeCloseTo(once[i] as number, 5);
  });
});

test('versions have fingerprints of their own, and the first can be brought to the second', () => {
  const model = findModel('mobilefacenet');
  const make = (fingerprint: string) => ({ model: model.name, fingerprint, dimension: 128 });
  const first = make(fingerprintOf(withoutProjection(model), ALIGNED));
  const second = make(fingerprintOf(model, ALIGNED));
  expect(first.fingerprint).toMatch(/:aligned-1$/);
  expect(second.fingerprint).toMatch(/:aligned-2$/);
  expect(canUpgrade(first, second)).toBe(true);
  expect(canUpgrade(second, first)).toBe(false);
  expect(canUpgrade(make('other:0:aligned-1'), second)).toBe(false);
  // Unaligned faces are not projected.
  const square = { crop: 'square', interpolation: 'linear' } as const;
  expect(fingerprintOf(model, square)).toMatch(/:square-1$/);
});
