/** An input that is too large for one run of YuNet, in parts that overlap. */
import type { YunetTile } from './decode-yunet.js';

/** Sides of the network's input are multiples of this, the coarsest stride. */
const MULTIPLE = 32;

/**
 * What a cell of YuNet sees around itself: outputs so far from a tile's border are those of the
 * whole picture within float32's rounding (measured: 192 pixels are too few, 256 enough).
 */
const CONTEXT = 256;

interface Span {
  from: number;
  to: number;
  innerFrom: number;
  innerTo: number;
}

/** Cuts a side into equal parts, each with its context. */
function spans(size: number, parts: number): Span[] {
  const step = Math.ceil(size / parts / MULTIPLE) * MULTIPLE;
  const found: Span[] = [];
  for (let at = 0; at < size; at += step) {
    const end = Math.min(at + step, size);
    found.push({
      from: Math.max(0, at - CONTEXT),
      to: Math.min(size, end + CONTEXT),
      innerFrom: at,
      innerTo: end,
    });
  }
  return found;
}

/** With their context so many parts are 768 pixels of a side of 4,096. */
const MOST_PARTS = 16;

const longest = (of: readonly Span[]) => Math.max(...of.map(({ from, to }) => to - from));
const total = (of: readonly Span[]) => of.reduce((sum, { from, to }) => sum + to - from, 0);

/**
 * The tiles of an input, none larger than `most` pixels: of all ways to cut it into a grid, the one with
 * the least to compute. Sides must be multiples of 32.
 */
export function yunetTiles(width: number, height: number, most: number): YunetTile[] {
  if (width * height <= most) {
    return [
      { x: 0, y: 0, width, height, inner: { left: 0, top: 0, right: width, bottom: height } },
    ];
  }
  let best: { across: Span[]; down: Span[]; cost: number } | undefined;
  const cuts = (side: number) => Array.from({ length: MOST_PARTS }, (_, i) => spans(side, i + 1));
  for (const across of cuts(width)) {
    for (const down of cuts(height)) {
      if (longest(across) * longest(down) > most) continue;
      const cost = total(across) * total(down);
      if (best === undefined || cost < best.cost) best = { across, down, cost };
      break;
    }
  }
  if (best === undefined) throw new RangeError(`No tile of YuNet has as few as ${most} pixels.`);
  const { across, down } = best;
  return down.flatMap((y) =>
    across.map((x) => ({
      x: x.from,
      y: y.from,
      width: x.to - x.from,
      height: y.to - y.from,
      inner: { left: x.innerFrom, top: y.innerFrom, right: x.innerTo, bottom: y.innerTo },
    })),
  );
}
