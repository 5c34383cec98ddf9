import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { DetectedFace, DetectorName } from '../../src/detect/types.js';
import { createFaces } from '../../src/index.js';
import { native } from '../../src/native.js';
import { GOLDEN_PICTURES, type GoldenFace, goldenOf, image, readGolden } from '../data.js';

const faces = createFaces();
afterAll(() => faces.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function cornerDifference({ box }: DetectedFace, face: GoldenFace): number {
  return Math.max(
    Math.abs(box.x - face.x1),
    Math.abs(box.y - face.y1),
    Math.abs(box.x + box.width - face.x2),
    Math.abs(box.y + box.height - face.y2),
  );
}

test('the reference has these pictures', () => {
  for (const pictures of Object.values(readGolden())) {
    expect(Object.keys(pictures).sort()).toEqual([...GOLDEN_PICTURES].sort());
  }
});

describe('pixels are those of the reference', () => {
  test.each(GOLDEN_PICTURES)('%s', async (name) => {
    const expected = goldenOf('RFB-320', name);
    const pixels = await faces.decode(image(name));
    expect([pixels.width, pixels.height]).toEqual([expected.width, expected.height]);
    expect(sha256(pixels.data)).toBe(expected.rgb_sha256);
    const resized = await native().resample({
      picture: pixels,
      geometry: 'linear',
      regions: Float64Array.of(0, 0, pixels.width, pixels.height),
      width: 320,
      height: 240,
    });
    expect(sha256(resized)).toBe(expected.resized_rgb_sha256);
  });
});

const models: [string, DetectorName, number][] = [
  ['RFB-320', 'rfb-320', 0.01],
  ['slim-320', 'slim-320', 0.01],
  ['slim-320-quant-ADMM-50', 'slim-320-quant-admm-50', 0.5],
];

describe.each(models)('faces of %s are those of the reference', (model, detector, tolerance) => {
  test.each(GOLDEN_PICTURES)('%s', async (name) => {
    const expected = goldenOf(model, name);
    const found = (await faces.detect(image(name), { detector })).faces;
    expect(found).toHaveLength(expected.faces.length);
    // Equal scores of a quantised model may change places, so faces are matched by position.
    for (const face of expected.faces) {
      const best = found.reduce((a, b) =>
        cornerDifference(a, face) <= cornerDifference(b, face) ? a : b,
      );
      expect(cornerDifference(best, face)).toBeLessThan(tolerance);
      expect(Math.abs(best.score - face.score)).toBeLessThan(1e-4);
    }
  });
});
