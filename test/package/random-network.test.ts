/**
 * The RFB and slim path on networks of their shape with seeded random weights, against numpy:
 * its own forward pass, decoding of priors and suppression (random-network/*.py).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { detectFaces } from '../../src/detect/detector.js';
import { findModel, type Model } from '../../src/models/manifest.js';
import { Sessions } from '../../src/models/sessions.js';
import { type NativeSession, native, type Pixels } from '../../src/native.js';
import { root } from '../process/run.js';

const Expected = v.object({
  threshold: v.number(),
  iou: v.number(),
  faces: v.array(v.tuple([v.number(), v.number(), v.number(), v.number(), v.number()])),
});

/** Sessions of one network, whatever name it is asked for by. */
class OneNetwork extends Sessions {
  constructor(
    readonly model: Model,
    folder: string,
  ) {
    super({ models: folder });
  }

  override use<T>(
    _: Model | string,
    width: number,
    height: number,
    work: (session: NativeSession, model: Model) => Promise<T>,
  ): Promise<T> {
    return super.use(this.model, width, height, work);
  }
}

describe.each(['rfb', 'slim'] as const)('%s', (kind) => {
  let folder: string;
  let sessions: OneNetwork;
  let pixels: Pixels;
  let expected: v.InferOutput<typeof Expected>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnn-face-random-network-'));
    const run = (python: string, ...args: string[]) => {
      const result = spawnSync(python, args, { encoding: 'utf8' });
      expect(result.status, result.stderr).toBe(0);
    };
    run(inject('python'), join(__dirname, 'random-network', 'make.py'), kind, folder);
    const file = join(folder, 'network.mnn');
    const tool = join(root, 'tools', 'convert', 'convert_weights.py');
    run('python3', tool, 'onnx', join(folder, 'network.onnx'), '--out', file);
    const bytes = readFileSync(file);
    sessions = new OneNetwork(
      {
        ...findModel(kind === 'rfb' ? 'rfb-320' : 'slim-320'),
        name: `random-${kind}`,
        file: 'network.mnn',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
        sources: [],
      },
      folder,
    );
    const data = new Uint8Array(readFileSync(join(folder, 'picture.rgb')));
    pixels = { data: native().hold(data), width: 320, height: 240 };
    const text = readFileSync(join(folder, 'expected.json'), 'utf8');
    expected = v.parse(Expected, JSON.parse(text));
  }, 300_000);
  afterAll(async () => {
    await sessions?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const doubles = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
  };

  test('scores and boxes of all 4,420 priors', async () => {
    const [scores, boxes] = await sessions.use('', 320, 240, (session, { input }) =>
      session.run({
        picture: pixels,
        geometry: 'linear',
        regions: Float64Array.of(0, 0, 320, 240),
        width: 320,
        height: 240,
        mean: input.mean,
        scale: input.scale,
        order: input.order,
      }),
    );
    for (const [ours, theirs] of [
      [scores, doubles('scores.f64')],
      [boxes, doubles('boxes.f64')],
    ] as const) {
      expect(ours).toHaveLength(theirs.length);
      const apart = theirs.map((value, i) => Math.abs(value - (ours?.[i] ?? Number.NaN)));
      expect(Math.max(...apart)).toBeLessThan(1e-3);
    }
    expect(scores).toHaveLength(4420 * 2);
  });

  test('the faces, by their boxes and scores', async () => {
    const { threshold, iou, faces: wanted } = expected;
    const found = await detectFaces(sessions, pixels, {
      detector: kind === 'rfb' ? 'rfb-320' : 'slim-320',
      scoreThreshold: threshold,
      iouThreshold: iou,
      nms: 'hard',
      maxFaces: 1000,
      minSize: undefined,
      inputSize: undefined,
      clip: false,
    });
    expect(wanted.length).toBeGreaterThan(9);
    expect(found).toHaveLength(wanted.length);
    for (const [i, [x1, y1, x2, y2, score]] of wanted.entries()) {
      const { box, score: ours } = found[i] ?? {
        box: { x: 0, y: 0, width: 0, height: 0 },
        score: 0,
      };
      expect(Math.abs(ours - score)).toBeLessThan(1e-4);
      const corners = [box.x, box.y, box.x + box.width, box.y + box.height];
      for (const [side, value] of [x1, y1, x2, y2].entries()) {
        expect(Math.abs((corners[side] ?? Number.NaN) - value)).toBeLessThan(0.02);
      }
    }
  });
});
