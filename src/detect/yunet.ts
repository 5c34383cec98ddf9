/** YuNet: an anchor-free detector with five landmarks, for any size of picture. */
import { findModel } from '../models/manifest.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { bestRows, descending } from './best-first.js';
import { decodeYunetTile, landmarksOf, type YunetTile, yunetRows } from './decode-yunet.js';
import { YUNET_CANDIDATES, YUNET_CELLS, YUNET_PIXELS, YUNET_SIDE } from './limits.js';
import { blendNms, hardNms } from './nms.js';
import { INDEX, type Rows, SCORE, X1, X2, Y1, Y2 } from './rows.js';
import { inSlices, type Sliced } from './slices.js';
import {
  DEFAULT_IOU_THRESHOLD,
  type DetectedFace,
  type InputSize,
  type ResolvedDetectOptions,
} from './types.js';
import { yunetTiles } from './yunet-tiles.js';

/** Sides of the network's input are multiples of this. */
const MULTIPLE = 32;

function paddedTo(size: number): number {
  return Math.ceil(size / MULTIPLE) * MULTIPLE;
}

/** Source pixels per pixel of the input; 1 unless the picture must shrink. */
function shrinkFactor(pixels: Pixels, within: InputSize | undefined): number {
  const box = within ?? {
    width: Math.min(pixels.width, YUNET_SIDE),
    height: Math.min(pixels.height, YUNET_SIDE),
  };
  return Math.max(pixels.width / box.width, pixels.height / box.height);
}

/** The input and how the picture lies in it. */
interface Layout extends InputSize {
  factor: number;
}

async function runTile(
  sessions: Sessions,
  pixels: Pixels,
  { factor }: Layout,
  tile: YunetTile,
): Promise<Float32Array[]> {
  // Pixel centres: input pixel d is at (d + 0.5) * factor - 0.5. Beyond the picture it is black.
  const shift = 0.5 * factor - 0.5;
  return await sessions.use('yunet', tile.width, tile.height, (session, { input }) =>
    session.run({
      picture: pixels,
      geometry: 'warp',
      regions: Float64Array.of(
        factor,
        0,
        tile.x * factor + shift,
        0,
        factor,
        tile.y * factor + shift,
      ),
      width: tile.width,
      height: tile.height,
      mean: input.mean,
      scale: input.scale,
      order: input.order,
    }),
  );
}

/** In the order of the whole input's cells, however it was cut. */
function* inCellOrder(rows: Rows): Sliced<Rows> {
  return rows.pick(yield* descending(rows.column(INDEX).map((index) => -index)));
}

function* facesOf(
  candidates: Rows,
  factor: number,
  options: Pick<ResolvedDetectOptions, 'nms' | 'iouThreshold'>,
): Sliced<DetectedFace[]> {
  const rows = yield* inCellOrder(candidates);
  for (let row = 0; row < rows.count; row++) {
    const corners = rows.row(row);
    for (const column of [X1, Y1, X2, Y2]) (corners[column] as number) *= factor;
    corners[INDEX] = row;
    if (row % 4096 === 4095) yield;
  }
  const toFace = (from: Rows, row: number): DetectedFace => {
    const x = from.get(row, X1);
    const y = from.get(row, Y1);
    return {
      box: { x, y, width: from.get(row, X2) - x, height: from.get(row, Y2) - y },
      score: from.get(row, SCORE),
      landmarks: landmarksOf(rows, from.get(row, INDEX), factor),
    };
  };
  yield;
  const overlap = options.iouThreshold ?? DEFAULT_IOU_THRESHOLD;
  if (options.nms === 'hard') {
    const kept = yield* hardNms(rows, overlap, YUNET_CANDIDATES);
    return Array.from(kept, (row) => toFace(rows, row));
  }
  const merged = yield* blendNms(rows, overlap, YUNET_CANDIDATES);
  return Array.from({ length: merged.count }, (_, row) => toFace(merged, row));
}

/** @internal */
export async function detectYunet(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const factor = shrinkFactor(pixels, options.inputSize);
  const layout: Layout = {
    factor,
    width: paddedTo(Math.max(1, Math.round(pixels.width / factor))),
    height: paddedTo(Math.max(1, Math.round(pixels.height / factor))),
  };
  const threshold = options.scoreThreshold ?? findModel('yunet').threshold;
  let candidates = yunetRows();
  for (const tile of yunetTiles(layout.width, layout.height, YUNET_PIXELS)) {
    const outputs = await runTile(sessions, pixels, layout, tile);
    await inSlices(decodeYunetTile(outputs, tile, layout, threshold, candidates));
    if (candidates.count > 2 * YUNET_CELLS) {
      candidates = await inSlices(bestRows(candidates, YUNET_CELLS));
    }
  }
  candidates = await inSlices(bestRows(candidates, YUNET_CELLS));
  return await inSlices(facesOf(candidates, factor, options));
}
