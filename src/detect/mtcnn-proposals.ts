/** P-Net's first guesses, on every size of the picture. */
import { mapInOrder } from '../batch.js';
import { findModel } from '../models/manifest.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { bestFirst, bestRows } from './best-first.js';
import {
  MTCNN_PROPOSALS,
  PNET_PIXELS,
  PNET_TILE_PIXELS,
  PNET_TILES,
  PYRAMID_PIXELS,
} from './limits.js';
import { OFFSETS, PROPOSAL_COLUMNS } from './mtcnn-boxes.js';
import { CELL, type Level, type PnetTile, pnetTiles, pyramid, STRIDE } from './mtcnn-pyramid.js';
import { PLAIN_IOU, suppress } from './nms.js';
import { INDEX, Rows, SCORE, X1 } from './rows.js';
import { inSlices, type Sliced } from './slices.js';

const NMS_WITHIN_SCALE = 0.5;

/** So many cells go between two yields. */
const STEPS = 16_384;

async function runTile(
  sessions: Sessions,
  pixels: Pixels,
  { width, height }: Level,
  tile: PnetTile,
): Promise<Float32Array[]> {
  return await sessions.use('mtcnn-pnet', tile.width, tile.height, (session, { input }) =>
    session.run({
      picture: pixels,
      geometry: 'area',
      regions: Float64Array.of(0, 0, pixels.width, pixels.height),
      width: tile.width,
      height: tile.height,
      tile: { width, height, x: tile.x, y: tile.y },
      mean: input.mean,
      scale: input.scale,
      order: input.order,
    }),
  );
}

/** Adds the cells of a tile that score. */
function* addCells(
  outputs: readonly Float32Array[],
  { scale, columns }: Level,
  tile: PnetTile,
  threshold: number,
  rows: Rows,
): Sliced<void> {
  const [offsets, probability] = outputs as [Float32Array, Float32Array];
  const cells = probability.length / 2;
  let pause = STEPS;
  for (let y = 0; y < tile.rows; y++) {
    for (let x = 0; x < tile.columns; x++) {
      const cell = y * tile.stride + x;
      const score = probability[cells + cell] as number;
      if (!(score >= threshold)) continue;
      const column = x + tile.x / STRIDE;
      const row = y + tile.y / STRIDE;
      const at = rows.push();
      const { data } = rows;
      data[at + X1] = Math.floor((STRIDE * column + 1) / scale);
      data[at + X1 + 1] = Math.floor((STRIDE * row + 1) / scale);
      data[at + X1 + 2] = Math.floor((STRIDE * column + CELL) / scale);
      data[at + X1 + 3] = Math.floor((STRIDE * row + CELL) / scale);
      data[at + SCORE] = score;
      data[at + INDEX] = row * columns + column;
      for (let k = 0; k < 4; k++) data[at + OFFSETS + k] = offsets[k * cells + cell] as number;
    }
    pause -= tile.columns;
    if (pause <= 0) {
      pause = STEPS;
      yield;
    }
  }
}

/** Adds what is left of one level's cells to the proposals of all. */
function* addLevel(cells: Rows, proposals: Rows): Sliced<Rows> {
  const best = yield* bestRows(cells, MTCNN_PROPOSALS);
  const kept = yield* suppress(best, yield* bestFirst(best), NMS_WITHIN_SCALE, PLAIN_IOU);
  for (const row of kept) {
    const at = proposals.add(best.row(row));
    proposals.data[at + INDEX] = proposals.count - 1;
  }
  return yield* bestRows(proposals, MTCNN_PROPOSALS);
}

/**
 * The proposals of all levels, the largest level first, with their offsets. The levels run one after
 * another and large ones in tiles, so that the memory does not grow with the picture.
 */
export async function propose(sessions: Sessions, pixels: Pixels, minSize: number): Promise<Rows> {
  const { threshold } = findModel('mtcnn-pnet');
  const levels = pyramid(pixels, minSize, PYRAMID_PIXELS);
  const isLarge = levels.some(({ width, height }) => width * height > PNET_PIXELS);
  const runs = levels.flatMap((level) => {
    const tiles = pnetTiles(level, isLarge ? PNET_TILE_PIXELS : PNET_PIXELS);
    return tiles.map((tile, i) => ({ level, tile, isLast: i === tiles.length - 1 }));
  });
  const results = mapInOrder(runs, PNET_TILES, async (run) => ({
    ...run,
    outputs: await runTile(sessions, pixels, run.level, run.tile),
  }));
  let proposals = new Rows(PROPOSAL_COLUMNS);
  let cells = new Rows(PROPOSAL_COLUMNS);
  for await (const { level, tile, isLast, outputs } of results) {
    await inSlices(addCells(outputs, level, tile, threshold, cells));
    if (cells.count > 2 * MTCNN_PROPOSALS) {
      cells = await inSlices(bestRows(cells, MTCNN_PROPOSALS));
    }
    if (!isLast) continue;
    proposals = await inSlices(addLevel(cells, proposals));
    cells = new Rows(PROPOSAL_COLUMNS);
  }
  return proposals;
}
