/** The sizes that P-Net sees a picture at, and the parts in which it sees a large one. */

const PYRAMID_FACTOR = 0.709;
/** Receptive field and stride of P-Net. */
export const CELL = 12;
export const STRIDE = 2;

/**
 * Tiles begin at multiples of this: then the blocks in which MNN computes convolutions mostly lie as in
 * one run, and the outputs are the same to the bit but for a few in a thousand.
 */
const TILE_STEP = 96;
/** Pixels of a tile beyond its own cells' fields: the last block of a run is rounded otherwise. */
const TILE_MARGIN = 14;
/** One size of the picture. */
export interface Level {
  scale: number;
  width: number;
  height: number;
  /** Of P-Net's output. */
  columns: number;
  rows: number;
}

/** A part of a level: P-Net's input, and the cells of its output that count. */
export interface PnetTile {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Cells a row in the output of this tile, whole. */
  stride: number;
  columns: number;
  rows: number;
}

/** ceil of a max pool, then two valid 3x3 convolutions: what is left of a side. */
function cellsOf(side: number): number {
  return Math.ceil((side - 2) / STRIDE) - 4;
}

/** Every size from `minSize` up that has at most `most` pixels, largest first. */
export function pyramid(
  picture: { width: number; height: number },
  minSize: number,
  most: number,
): Level[] {
  const levels: Level[] = [];
  let scale = CELL / minSize;
  let side = Math.min(picture.width, picture.height) * scale;
  while (side >= CELL) {
    const width = Math.floor(picture.width * scale + 1);
    const height = Math.floor(picture.height * scale + 1);
    if (width * height <= most) {
      levels.push({ scale, width, height, columns: cellsOf(width), rows: cellsOf(height) });
    }
    scale *= PYRAMID_FACTOR;
    side *= PYRAMID_FACTOR;
  }
  return levels;
}

/** A side in parts of at most `most` pixels: where each begins, how long it is, its cells. */
function parts(side: number, most: number): { from: number; length: number; cells: number }[] {
  const cells = cellsOf(side);
  if (side <= most) return [{ from: 0, length: side, cells }];
  const beyond = CELL - STRIDE + TILE_MARGIN;
  // Of equal length, so that all but the last run at one size.
  const count = Math.ceil((side - beyond) / (most - beyond));
  const step = Math.min(
    Math.ceil(side / count / TILE_STEP) * TILE_STEP,
    Math.floor((most - beyond) / TILE_STEP) * TILE_STEP,
  );
  const found: { from: number; length: number; cells: number }[] = [];
  for (let from = 0; from / STRIDE < cells; from += step) {
    found.push({
      from,
      length: Math.min(step + beyond, side - from),
      cells: Math.min(step / STRIDE, cells - from / STRIDE),
    });
  }
  return found;
}

/** The level in parts of at most `most` pixels (at least 40,000), row by row. */
export function pnetTiles({ width, height }: Level, most: number): PnetTile[] {
  const whole = width * height <= most;
  // Strips; where they would be low, since each has a margin, square parts.
  const side = Math.floor(Math.sqrt(most));
  const mostWidth = whole || width <= 2 * side ? width : side;
  const mostHeight = whole ? height : Math.floor(most / Math.min(width, mostWidth));
  return parts(height, mostHeight).flatMap((down) =>
    parts(width, mostWidth).map((across) => ({
      x: across.from,
      y: down.from,
      width: across.length,
      height: down.length,
      stride: cellsOf(across.length),
      columns: across.cells,
      rows: down.cells,
    })),
  );
}
