import { describe, expect, it } from 'vitest';
import type { Landmarks, Point } from '../../src/detect/types.js';
import { measureCrop } from '../../src/quality/crop-measures.js';
import { qualityOf } from '../../src/quality/face-quality.js';
import { pairThreshold } from '../../src/quality/pair-threshold.js';
import { poseOf } from '../../src/quality/pose.js';

/** The usual 3D model of a face: eyes, nose tip, mouth corners; x to the right, y down, z to the viewer. */
const MODEL: readonly (readonly [number, number, number])[] = [
  [-165, -170, -135],
  [165, -170, -135],
  [0, 0, 0],
  [-150, 150, -125],
  [150, 150, -125],
];

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The model's points, turned (yaw), nodding (pitch) and leaning (roll), seen from far away. */
function project(yaw: number, pitch: number, roll: number): Landmarks {
  const [a, b, c] = [radians(yaw), radians(pitch), radians(roll)];
  return MODEL.map(([x, y, z]): Point => {
    const y1 = y * Math.cos(b) + z * Math.sin(b);
    const z1 = -y * Math.sin(b) + z * Math.cos(b);
    const x2 = x * Math.cos(a) + z1 * Math.sin(a);
    const scale = 0.2;
    return [
      100 + scale * (x2 * Math.cos(c) - y1 * Math.sin(c)),
      100 + scale * (x2 * Math.sin(c) + y1 * Math.cos(c)),
    ];
  }) as unknown as Landmarks;
}

describe('the pose of a head', () => {
  it('of a frontal face is none', () => {
    const { yaw, pitch, roll } = poseOf(project(0, 0, 0));
    expect(Math.abs(yaw)).toBeLessThan(1);
    expect(Math.abs(pitch)).toBeLessThan(4);
    expect(Math.abs(roll)).toBeLessThan(1);
  });

  it.each([-40, -20, 20, 40])('has the yaw of %i degrees', (yaw) => {
    expect(Math.abs(poseOf(project(yaw, 0, 0)).yaw - yaw)).toBeLessThan(10);
  });

  it.each([-25, 25])('has the sign of the pitch of %i degrees', (pitch) => {
    const found = poseOf(project(0, pitch, 0)).pitch;
    expect(Math.sign(found)).toBe(Math.sign(pitch));
    expect(Math.abs(found - pitch)).toBeLessThan(12);
  });

  it.each([-90, -30, 30, 170])('has the roll of %i degrees, whatever the rest', (roll) => {
    expect(poseOf(project(20, 0, roll)).roll).toBeCloseTo(roll, -1);
    expect(Math.abs(poseOf(project(20, 0, roll)).yaw - 20)).toBeLessThan(10);
  });

  it('of points all in one place is no number that hides them', () => {
    const point: Point = [3, 3];
    expect(poseOf([point, point, point, point, point])).toEqual({ yaw: 90, pitch: 0, roll: 0 });
  });
});

/** A crop of 112x112 with a value for each pixel. */
function crop(value: (x: number, y: number) => number): Uint8Array {
  const rgb = new Uint8Array(112 * 112 * 3);
  for (let i = 0; i < 112 * 112; i++)
    rgb.fill(value(i % 112, Math.floor(i / 112)), 3 * i, 3 * i + 3);
  return rgb;
}

describe('measures of a crop', () => {
  it('of a flat one: no sharpness, no contrast', () => {
    expect(
      measureCrop(
        crop(() => 90),
        112,
      ),
    ).toEqual({ sharpness: 0, brightness: 90, contrast: 0 });
  });

  it('of a chequerboard: the variance of its Laplacian', () => {
    // Each pixel differs by 20 from its four neighbours: the Laplacian is 80 or -80.
    const { sharpness, contrast, brightness } = measureCrop(
      crop((x, y) => ((x + y) % 2 === 0 ? 100 : 120)),
      112,
    );
    expect(sharpness).toBeCloseTo(6400);
    expect(contrast).toBeCloseTo(10);
    expect(brightness).toBeCloseTo(110);
  });

  it('leaves out what lies around the face', () => {
    const { contrast } = measureCrop(
      crop((x, y) => (x < 19 || x > 93 || y < 19 || y > 105 ? 255 : 90)),
      112,
    );
    expect(contrast).toBe(0);
  });
});

const SHARP = { sharpness: 150, brightness: 120, contrast: 40 };

function face(width: number, extra: { x?: number; score?: number; yaw?: number } = {}) {
  const points = project(extra.yaw ?? 0, 0, 0);
  // The model's eyes are 66 apart at its scale: brought to what a face of that width has.
  const factor = width / 2.2 / 66;
  const x = extra.x ?? 200;
  return {
    box: { x, y: 200, width, height: 1.3 * width },
    score: extra.score ?? 0.99,
    landmarks: points.map(
      ([px, py]): Point => [x + px * factor, 200 + py * factor],
    ) as unknown as Landmarks,
  };
}

const PICTURE = { width: 1000, height: 1000 };

describe('quality', () => {
  it('of a large, sharp, frontal face is 1, without reasons', () => {
    expect(qualityOf(face(120), SHARP, PICTURE)).toMatchObject({ quality: 1, reasons: [] });
  });

  it('falls with size, to nothing', () => {
    const at = (width: number) => qualityOf(face(width), SHARP, PICTURE).quality;
    expect(at(16)).toBe(0);
    expect(at(22)).toBeLessThan(0.25);
    expect(at(32)).toBeGreaterThan(0.25);
    expect(at(32)).toBeLessThan(at(48));
    expect(at(64)).toBe(1);
    expect(qualityOf(face(22), SHARP, PICTURE).reasons[0]).toContain('22 pixels wide');
  });

  it('falls with blur, which rules out a small face and not a large one', () => {
    const blurred = { ...SHARP, sharpness: 15 };
    expect(qualityOf(face(36), blurred, PICTURE).quality).toBeLessThan(0.25);
    const large = qualityOf(face(120), blurred, PICTURE);
    expect(large.quality).toBeGreaterThan(0.25);
    expect(large.reasons).toEqual([expect.stringContaining('blurred')]);
  });

  it.each([
    ['turned away', face(120, { yaw: 65 }), SHARP],
    ['dark', face(120), { ...SHARP, brightness: 8 }],
    ['too bright', face(120), { ...SHARP, brightness: 250 }],
    ['little contrast', face(120), { ...SHARP, contrast: 5 }],
    ['outside of the picture', face(120, { x: -60 }), SHARP],
    ['not sure', face(120, { score: 0.5 }), SHARP],
  ])('says that a face is %s', (words, poor, crop) => {
    const { quality, reasons } = qualityOf(poor, crop, PICTURE);
    expect(quality).toBeLessThan(1);
    expect(reasons.join('\n')).toContain(words);
  });

  it('is no better for a box that is wider than its face', () => {
    const { box, ...rest } = face(20);
    const wide = { ...rest, box: { ...box, width: 200 } };
    expect(qualityOf(wide, SHARP, PICTURE).quality).toBeLessThan(0.5);
  });
});

describe('the threshold of a pair', () => {
  it('is that of the table where one face is good', () => {
    expect(pairThreshold(0.594, 1, 1)).toBe(0.594);
    expect(pairThreshold(0.594, 0.2, 0.9)).toBe(0.594);
  });

  it('is stricter for two poor faces, never below 0', () => {
    expect(pairThreshold(0.594, 0.3, 0.3)).toBeLessThan(0.53);
    expect(pairThreshold(0.594, 0.3, 0.5)).toBeGreaterThan(pairThreshold(0.594, 0.3, 0.3));
    expect(pairThreshold(0, 0, 0)).toBe(0);
  });
});
