/** What large and crowded pictures may ask of the networks, and of the memory. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decodeYunetTile, yunetRows } from '../../src/detect/decode-yunet.js';
import { detectFaces } from '../../src/detect/detector.js';
import { MTCNN_REFINED, PNET_TILE_PIXELS, YUNET_PIXELS } from '../../src/detect/limits.js';
import type { Rows } from '../../src/detect/rows.js';
import { wholly } from '../../src/detect/slices.js';
import type { DetectorName, ResolvedDetectOptions } from '../../src/detect/types.js';
import { yunetTiles } from '../../src/detect/yunet-tiles.js';
import type { Model } from '../../src/models/manifest.js';
import { Sessions } from '../../src/models/sessions.js';
import { type NativeSession, native, type PictureJob, type Pixels } from '../../src/native.js';

const optionsOf = (detector: DetectorName): ResolvedDetectOptions => ({
  detector,
  scoreThreshold: undefined,
  iouThreshold: undefined,
  nms: 'hard',
  maxFaces: Number.POSITIVE_INFINITY,
  minSize: undefined,
  inputSize: undefined,
  clip: false,
});

function grain(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 7) data[i] = (i * 7919) & 255;
  return { data: native().hold(data), width, height };
}

/** Sessions that write down what they are asked for. */
class Watched extends Sessions {
  readonly sizes: { model: string; width: number; height: number }[] = [];
  underWay = 0;
  mostUnderWay = 0;

  override async use<T>(
    which: Model | string,
    width: number,
    height: number,
    work: (session: NativeSession, model: Model) => Promise<T>,
  ): Promise<T> {
    this.sizes.push({ model: typeof which === 'string' ? which : which.name, width, height });
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    try {
      return await super.use(which, width, height, work);
    } finally {
      this.underWay--;
    }
  }
}

describe('a picture of 12 megapixels', () => {
  const sessions = new Watched({ lanes: 4, idleMs: 0 });
  afterAll(() => sessions.close());

  test('mtcnn sees it in tiles, two at a time', async () => {
    await detectFaces(sessions, grain(4000, 3000), optionsOf('mtcnn'));
    const pnet = sessions.sizes.filter(({ model }) => model === 'mtcnn-pnet');
    expect(pnet.length).toBeGreaterThan(30);
    for (const { width, height } of pnet) {
      expect(width * height).toBeLessThanOrEqual(PNET_TILE_PIXELS);
    }
    expect(sessions.mostUnderWay).toBe(2);
  });

  test('yunet sees it in tiles, one at a time', async () => {
    sessions.sizes.length = 0;
    sessions.mostUnderWay = 0;
    await detectFaces(sessions, grain(4000, 3000), optionsOf('yunet'));
    expect(sessions.sizes.length).toBeGreaterThan(2);
    for (const { width, height } of sessions.sizes) {
      expect(width * height).toBeLessThanOrEqual(YUNET_PIXELS);
    }
    expect(sessions.mostUnderWay).toBe(1);
  });

  test('sessions that it needed are not kept', async () => {
    const small = grain(64, 64);
    // Closed by a timer of no time, which has run when a later one has.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const kept = sessions.keptBytes;
    await detectFaces(sessions, small, optionsOf('yunet'));
    // 16 MB at most a lane for each network of any size: mtcnn-pnet and yunet.
    expect(kept).toBeLessThan(40_000_000);
  });
});

describe('tiles give what one run gives', () => {
  const sessions = new Sessions({ lanes: 1 });
  afterAll(() => sessions.close());

  test('yunet', async () => {
    const picture = grain(1280, 960);
    const run = (tile: { x: number; y: number; width: number; height: number }) =>
      sessions.use('yunet', tile.width, tile.height, (session, { input }) =>
        session.run({
          picture,
          geometry: 'warp',
          regions: Float64Array.of(1, 0, tile.x, 0, 1, tile.y),
          width: tile.width,
          height: tile.height,
          mean: input.mean,
          scale: input.scale,
          order: input.order,
        } satisfies PictureJob),
      );
    const rowsOf = async (most: number): Promise<Rows> => {
      const rows = yunetRows();
      for (const tile of yunetTiles(1280, 960, most)) {
        const outputs = await run(tile);
        wholly(decodeYunetTile(outputs, tile, { width: 1280, height: 960 }, -1, rows));
      }
      return rows;
    };
    const byIndex = (rows: Rows) =>
      Array.from({ length: rows.count }, (_, row) => rows.row(row)).sort(
        (a, b) => (a[5] as number) - (b[5] as number),
      );
    const whole = byIndex(await rowsOf(1280 * 960));
    const tiled = byIndex(await rowsOf(700_000));
    expect(whole).toHaveLength(160 * 120 + 80 * 60 + 40 * 30);
    expect(tiled).toHaveLength(whole.length);
    let most = 0;
    for (const [i, row] of whole.entries()) {
      for (const [k, value] of row.entries()) {
        const other = tiled[i]?.[k] as number;
        most = Math.max(most, Math.abs(value - other) / Math.max(1, Math.abs(value)));
      }
    }
    // float32's rounding.
    expect(most).toBeLessThan(1e-4);
  });
});

/** P-Net that sees a face everywhere: the worst that a picture could do. */
class Crowded extends Sessions {
  regions: Record<string, number> = {};

  override async use<T>(
    which: Model | string,
    width: number,
    height: number,
    work: (session: NativeSession, model: Model) => Promise<T>,
  ): Promise<T> {
    return await super.use(which, width, height, async (session, model) => {
      const run = async (job: PictureJob): Promise<Float32Array[]> => {
        const regions = job.regions.length / 4;
        this.regions[model.name] = (this.regions[model.name] ?? 0) + regions;
        if (model.name !== 'mtcnn-pnet') {
          // R-Net and O-Net believe it all.
          const scores = new Float32Array(2 * regions).fill(0.99);
          const rest = model.name === 'mtcnn-onet' ? [new Float32Array(10 * regions)] : [];
          return [new Float32Array(4 * regions), scores, ...rest];
        }
        const cells = (Math.ceil((job.width - 2) / 2) - 4) * (Math.ceil((job.height - 2) / 2) - 4);
        const probability = new Float32Array(2 * cells);
        // No two alike, so that suppression cannot help itself.
        for (let i = 0; i < cells; i++) probability[cells + i] = 0.9 + ((i * 7919) % 997) / 1e4;
        const offsets = new Float32Array(4 * cells);
        // Boxes shrink to a point each: none overlap.
        offsets.fill(0.49, 0, 2 * cells).fill(-0.49, 2 * cells);
        return [offsets, probability];
      };
      return await work({ ...session, run: run as NativeSession['run'] } as NativeSession, model);
    });
  }
}

test('however many faces P-Net sees, R-Net and O-Net look at so many and no more', async () => {
  const sessions = new Crowded({ lanes: 2 });
  await detectFaces(sessions, grain(2000, 1500), optionsOf('mtcnn'));
  await sessions.close();
  expect(sessions.regions['mtcnn-rnet']).toBeGreaterThan(10_000);
  expect(sessions.regions['mtcnn-rnet']).toBeLessThanOrEqual(MTCNN_REFINED['mtcnn-rnet']);
  expect(sessions.regions['mtcnn-onet']).toBeLessThanOrEqual(MTCNN_REFINED['mtcnn-onet']);
});

test('an abort ends detection at the next tile', async () => {
  const sessions = new Watched({ lanes: 1 });
  const cancellation = new (native().Cancellation)();
  const stopped = new Watched({ lanes: 1 }, sessions, cancellation);
  cancellation.cancel();
  const detection = detectFaces(stopped, grain(4000, 3000), optionsOf('mtcnn'));
  await expect(detection).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(stopped.sizes.length).toBeLessThanOrEqual(2);
  await sessions.close();
});

// Raw pixels of the caller's and the library's copy are 288 MB of it.
test.each(['rfb-320', 'slim-320', 'yunet', 'mtcnn'] as const)(
  '48 megapixels under 1 GB: %s',
  { timeout: 600_000 },
  (detector) => {
    const root = join(__dirname, '../..');
    const what = JSON.stringify({ input: [8000, 6000], options: { detector } });
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'bench', 'reliability-case.mjs'), what],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const { peak, outcome } = JSON.parse(stdout) as { peak: number; outcome: number };
    expect(outcome).toBe(0);
    expect(peak).toBeLessThan(1e9);
  },
);
