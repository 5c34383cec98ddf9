/** The graph of near neighbours among many unit vectors. */

/** Pairs of rows, `first[i] < second[i]`, whose cosine is at least the least one asked for. */
export interface NeighbourPairs {
  first: Uint32Array;
  second: Uint32Array;
  cosine: Float32Array;
}

/** Unit vectors, row after row. */
export interface Vectors {
  values: Float32Array;
  dimension: number;
}

/** Neighbours kept for each row. More change nothing in groups that can be told apart at all. */
const NEIGHBOURS = 24;
/** Up to so many rows every pair is looked at; above, each row only among the cells nearest to it. */
const EXACT_ROWS = 4096;
/** Cells that a row stands in (at a border it is found from both sides), and is looked up in. */
const OWN_CELLS = 2;
const PROBED_CELLS = 10;

/** Dot product of two stretches of `length` values. */
function dotAt(a: Float32Array, i: number, b: Float32Array, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += (a[i + k] as number) * (b[j + k] as number);
    s1 += (a[i + k + 1] as number) * (b[j + k + 1] as number);
    s2 += (a[i + k + 2] as number) * (b[j + k + 2] as number);
    s3 += (a[i + k + 3] as number) * (b[j + k + 3] as number);
  }
  for (; k < length; k++) s0 += (a[i + k] as number) * (b[j + k] as number);
  return s0 + s1 + s2 + s3;
}

/** For each of a number of rows the best few of what it was shown, each only once. */
class BestLists {
  readonly #most: number;
  readonly others: Int32Array;
  readonly cosines: Float32Array;

  constructor(rows: number, most: number) {
    this.#most = most;
    this.others = new Int32Array(rows * most).fill(-1);
    this.cosines = new Float32Array(rows * most).fill(-2);
  }

  offer(row: number, other: number, cosine: number): void {
    const start = row * this.#most;
    let place = start + this.#most - 1;
    if (cosine <= (this.cosines[place] as number)) return;
    for (let i = start; i <= place; i++) if (this.others[i] === other) return;
    for (; place > start && (this.cosines[place - 1] as number) < cosine; place--) {
      this.cosines[place] = this.cosines[place - 1] as number;
      this.others[place] = this.others[place - 1] as number;
    }
    this.cosines[place] = cosine;
    this.others[place] = other;
  }

  of(row: number): number[] {
    const list = this.others.subarray(row * this.#most, (row + 1) * this.#most);
    return Array.from(list).filter((other) => other >= 0);
  }
}

/** Shows each of the `rows` all `members`, whose vectors are brought together first: memory is the limit. */
function showAll(
  { values, dimension }: Vectors,
  rows: readonly number[],
  members: readonly number[],
  show: (row: number, member: number, cosine: number) => void,
): void {
  const together = new Float32Array(members.length * dimension);
  members.forEach((member, i) => {
    together.set(values.subarray(member * dimension, (member + 1) * dimension), i * dimension);
  });
  for (const row of rows) {
    for (let i = 0; i < members.length; i++) {
      const cosine = dotAt(values, row * dimension, together, i * dimension, dimension);
      show(row, members[i] as number, cosine);
    }
  }
}

/** For each cell the rows that stand in it and those that are looked up in it. */
function cellsOf(vectors: Vectors, rows: number): { members: number[]; probes: number[] }[] {
  const count = Math.ceil(Math.sqrt(rows));
  const all = Array.from({ length: rows }, (_, row) => row);
  // Rows spread evenly over the data are the cells' centres.
  const centres = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  const cellOf = new Map(centres.map((centre, cell) => [centre, cell]));
  const nearest = new BestLists(rows, PROBED_CELLS);
  showAll(vectors, all, centres, (row, centre, cosine) => nearest.offer(row, centre, cosine));
  const cells = centres.map(() => ({ members: [] as number[], probes: [] as number[] }));
  for (const row of all) {
    for (const [i, centre] of nearest.of(row).entries()) {
      const cell = cells[cellOf.get(centre) as number];
      cell?.probes.push(row);
      if (i < OWN_CELLS) cell?.members.push(row);
    }
  }
  return cells;
}

/**
 * For each row its nearest rows, as pairs without repetition.
 *
 * Up to 4,096 rows exact; above, rows are looked up in cells (an inverted file, as in Jégou et al.,
 * "Product quantization for nearest neighbor search", 2011), so that the time grows with n to the power
 * of 1.5, not with its square.
 */
export function neighbourPairs(vectors: Vectors, leastCosine: number): NeighbourPairs {
  const rows = vectors.values.length / vectors.dimension;
  const all = Array.from({ length: rows }, (_, row) => row);
  const cells = rows > EXACT_ROWS ? cellsOf(vectors, rows) : [{ members: all, probes: all }];
  const best = new BestLists(rows, NEIGHBOURS);
  for (const { members, probes } of cells) {
    showAll(vectors, probes, members, (row, member, cosine) => {
      if (cosine >= leastCosine && row !== member) best.offer(row, member, cosine);
    });
  }
  const first: number[] = [];
  const second: number[] = [];
  const cosine: number[] = [];
  for (const row of all) {
    for (const [i, other] of best.of(row).entries()) {
      // A pair that both rows have is taken from the lower one.
      if (other < row && best.of(other).includes(row)) continue;
      first.push(Math.min(row, other));
      second.push(Math.max(row, other));
      cosine.push(best.cosines[row * NEIGHBOURS + i] as number);
    }
  }
  return {
    first: Uint32Array.from(first),
    second: Uint32Array.from(second),
    cosine: Float32Array.from(cosine),
  };
}
