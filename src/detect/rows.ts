/** Tables of numbers, one row a candidate, in one block of memory. */

/** The first columns of every table of boxes. */
export const X1 = 0;
export const Y1 = 1;
export const X2 = 2;
export const Y2 = 3;
export const SCORE = 4;
/** Where the candidate stands in the network's output; of equal scores the lower one comes first. */
export const INDEX = 5;
/** A table of boxes without more has so many columns. */
export const BOX_COLUMNS = 6;

const FIRST_CAPACITY = 256;

/** 0, 1, … `count` - 1; Int32Array.from() takes 20 times as long. */
export function upTo(count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

/** A table that grows by rows. */
export class Rows {
  data: Float64Array;
  count = 0;

  /** @param columns - Numbers a row. */
  constructor(
    readonly columns = BOX_COLUMNS,
    capacity = FIRST_CAPACITY,
  ) {
    this.data = new Float64Array(columns * capacity);
  }

  /** Adds a row of zeros and gives the place of its first number in `data`. */
  push(): number {
    const at = this.count++ * this.columns;
    if (at + this.columns > this.data.length) {
      const larger = new Float64Array(2 * this.data.length);
      larger.set(this.data);
      this.data = larger;
    }
    return at;
  }

  /** Adds a row that begins with these numbers, and gives its place in `data`. */
  add(values: ArrayLike<number>): number {
    const at = this.push();
    this.data.set(values, at);
    return at;
  }

  get(row: number, column: number): number {
    return this.data[row * this.columns + column] as number;
  }

  set(row: number, column: number, value: number): void {
    this.data[row * this.columns + column] = value;
  }

  /** A copy of one column. */
  column(column: number): Float64Array {
    const values = new Float64Array(this.count);
    for (let row = 0; row < this.count; row++) values[row] = this.get(row, column);
    return values;
  }

  /** The numbers of one row, a view. */
  row(row: number): Float64Array {
    return this.data.subarray(row * this.columns, (row + 1) * this.columns);
  }

  /** A table of these rows, in this order. */
  pick(rows: Int32Array): Rows {
    const picked = new Rows(this.columns, Math.max(1, rows.length));
    for (const row of rows) picked.add(this.row(row));
    return picked;
  }
}
