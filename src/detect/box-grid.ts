/** Boxes by place and size, so that only those that can overlap are compared. */

/** Boxes whose longer side is below 2^(level - 63), and not below half of that. */
const LEVELS = 128;
const ZERO_LEVEL = 64;
/** A cell's side, in units of the shortest side of its level: finer ones are more to look into. */
const cellOf = (level: number) => 2 ** (level - ZERO_LEVEL);
/** More than any rounding. */
const SLACK = 1e-9;
/** Boxes without a cell: huge, far away, or not finite. */
const ANYWHERE = LEVELS - 1;
/** Cells are numbered from -2^30 to 2^30. */
const MOST_CELL = 2 ** 30;

/** What becomes of a box that was looked at. */
export const NEXT = 0;
/** Ends the search. */
export const STOP = 1;
/** The box is not shown again. */
export const REMOVE = 2;

function cellHash(level: number, x: number, y: number): number {
  const mixed =
    Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(level + 1, 0xc2b2ae3d);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 8;
}

/** Nothing lies in cells beyond; and beyond 2^53 a number plus 1 is the same number. */
function inside(cell: number): number {
  return Math.min(Math.max(cell, -MOST_CELL - 1), MOST_CELL + 1);
}

/**
 * A grid a size: a box lies in the cell of its upper left corner. As the sides of a grid's boxes are
 * known to a factor of 2, so is where the corners of those can be that overlap another box.
 */
export class BoxGrid {
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  /** All boxes of a level, for searches that would cover more cells than it has boxes. */
  readonly #levelHeads = new Int32Array(LEVELS).fill(-1);
  readonly #levelNext: Int32Array;
  readonly #levelCounts = new Int32Array(LEVELS);
  readonly #mask: number;

  /**
   * @param capacity - Boxes are named by numbers below this.
   * @param border - How much wider and higher boxes are than their corners say.
   */
  constructor(
    capacity: number,
    readonly border: number,
  ) {
    this.#mask = 2 ** Math.ceil(Math.log2(Math.max(2 * capacity, 16))) - 1;
    this.#heads = new Int32Array(this.#mask + 1).fill(-1);
    this.#next = new Int32Array(capacity);
    this.#levelNext = new Int32Array(capacity);
  }

  #hasArea(x1: number, y1: number, x2: number, y2: number): boolean {
    return x2 - x1 + this.border > 0 && y2 - y1 + this.border > 0;
  }

  #levelOf(x1: number, y1: number, x2: number, y2: number): number {
    const side = Math.max(x2 - x1, y2 - y1) + this.border;
    const level = Math.floor(Math.log2(side)) + ZERO_LEVEL;
    const cell = cellOf(level);
    const near = Math.abs(x1 / cell) < MOST_CELL && Math.abs(y1 / cell) < MOST_CELL;
    return near && level >= 0 && level < ANYWHERE ? level : ANYWHERE;
  }

  /** A box without area overlaps nothing and is not kept. */
  insert(box: number, x1: number, y1: number, x2: number, y2: number): void {
    if (!this.#hasArea(x1, y1, x2, y2)) return;
    const level = this.#levelOf(x1, y1, x2, y2);
    this.#levelNext[box] = this.#levelHeads[level] as number;
    this.#levelHeads[level] = box;
    (this.#levelCounts[level] as number)++;
    if (level === ANYWHERE) return;
    const cell = cellOf(level);
    const bucket = cellHash(level, Math.floor(x1 / cell), Math.floor(y1 / cell)) & this.#mask;
    this.#next[box] = this.#heads[bucket] as number;
    this.#heads[bucket] = box;
  }

  /**
   * Shows every box that overlaps this one by more than `least` (and others, and some twice) until
   * `visit` gives `STOP`; whether it did.
   *
   * @param least - Intersection over union; 0: every box that meets this one is shown.
   */
  search(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    least: number,
    visit: (box: number) => number,
  ): boolean {
    if (!this.#hasArea(x1, y1, x2, y2)) return false;
    const own = this.#levelOf(x1, y1, x2, y2);
    // The IoU is at most the ratio of the widths, and that of the heights.
    const reach = own === ANYWHERE || !(least > 0) ? LEVELS : Math.ceil(Math.log2(1 / least));
    if (this.#along(this.#levelHeads, ANYWHERE, this.#levelNext, visit)) return true;
    const last = Math.min(ANYWHERE - 1, own + reach);
    for (let level = Math.max(0, own - reach); level <= last; level++) {
      const count = this.#levelCounts[level] as number;
      if (count > 0 && this.#searchLevel(level, count, x1, y1, x2, y2, least, visit)) return true;
    }
    return false;
  }

  #searchLevel(
    level: number,
    count: number,
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    least: number,
    visit: (box: number) => number,
  ): boolean {
    const { border } = this;
    const cell = cellOf(level);
    // Nor is the IoU more than the part of this box' width, or height, that they share.
    const share = Math.max(0, least - SLACK);
    const marginX = border - share * (x2 - x1 + border);
    const marginY = border - share * (y2 - y1 + border);
    const fromX = inside(Math.floor((x1 - marginX) / cell) - 2);
    const fromY = inside(Math.floor((y1 - marginY) / cell) - 2);
    const toX = inside(Math.floor((x2 + marginX) / cell));
    const toY = inside(Math.floor((y2 + marginY) / cell));
    // Also where a number is not finite.
    if (!((toX - fromX + 1) * (toY - fromY + 1) <= count + 16)) {
      return this.#along(this.#levelHeads, level, this.#levelNext, visit);
    }
    for (let y = fromY; y <= toY; y++) {
      for (let x = fromX; x <= toX; x++) {
        const bucket = cellHash(level, x, y) & this.#mask;
        if (this.#along(this.#heads, bucket, this.#next, visit)) return true;
      }
    }
    return false;
  }

  /** Along one list, taking out what `visit` wants removed. */
  #along(
    heads: Int32Array,
    head: number,
    next: Int32Array,
    visit: (box: number) => number,
  ): boolean {
    let before = -1;
    let box = heads[head] as number;
    while (box >= 0) {
      const after = next[box] as number;
      const verdict = visit(box);
      if (verdict === STOP) return true;
      if (verdict !== REMOVE) before = box;
      else if (before < 0) heads[head] = after;
      else next[before] = after;
      box = after;
    }
    return false;
  }
}
