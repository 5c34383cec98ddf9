/** Groups of vectors by average linkage, which does not chain as DBSCAN does. */
import { Heap } from 'heap-js';
import { neighbourPairs, type Vectors } from './neighbours.js';

interface Merge {
  cosine: number;
  /** Of two groups, by the slots that hold them, and which states of the slots they are of. */
  a: number;
  b: number;
  stateOfA: number;
  stateOfB: number;
}

/**
 * Groups under way. A group lives in the slot of one of its rows. The mean cosine between two groups is
 * the dot product of their vectors' sums over the product of their sizes, so no pair of rows is
 * looked at twice.
 */
class Groups {
  readonly #sums: Float32Array;
  readonly #dimension: number;
  readonly sizes: Uint32Array;
  /** Changes with each merge; -1 for a slot that was merged into another. */
  readonly states: Int32Array;
  readonly #parents: Int32Array;
  readonly neighbours: (Set<number> | undefined)[];
  readonly #pictures: (Set<number> | undefined)[];

  constructor({ values, dimension }: Vectors, pictures: Int32Array | undefined) {
    const rows = values.length / dimension;
    this.#sums = values.slice();
    this.#dimension = dimension;
    this.sizes = new Uint32Array(rows).fill(1);
    this.states = new Int32Array(rows);
    this.#parents = Int32Array.from({ length: rows }, (_, row) => row);
    this.neighbours = Array.from({ length: rows }, () => new Set());
    this.#pictures = Array.from({ length: rows }, (_, row) =>
      pictures === undefined ? undefined : new Set([pictures[row] as number]),
    );
  }

  meanCosine(a: number, b: number): number {
    const { values, dimension } = { values: this.#sums, dimension: this.#dimension };
    let sum = 0;
    for (let i = a * dimension, j = b * dimension, k = 0; k < dimension; k++) {
      sum += (values[i + k] as number) * (values[j + k] as number);
    }
    return sum / ((this.sizes[a] as number) * (this.sizes[b] as number));
  }

  /** Two faces of one picture are two people. */
  mayJoin(a: number, b: number): boolean {
    const [small, large] = [this.#pictures[a], this.#pictures[b]].sort(
      (x, y) => (x?.size ?? 0) - (y?.size ?? 0),
    );
    if (small === undefined || large === undefined) return true;
    for (const picture of small) if (large.has(picture)) return false;
    return true;
  }

  /** Brings the group in `b` into slot `a`. */
  join(a: number, b: number): void {
    const dimension = this.#dimension;
    for (let k = 0; k < dimension; k++) {
      const at = a * dimension + k;
      this.#sums[at] = (this.#sums[at] as number) + (this.#sums[b * dimension + k] as number);
    }
    this.sizes[a] = (this.sizes[a] as number) + (this.sizes[b] as number);
    this.states[a] = (this.states[a] as number) + 1;
    this.states[b] = -1;
    this.#parents[b] = a;
    for (const other of this.neighbours[b] ?? []) {
      const others = this.neighbours[other];
      others?.delete(b);
      if (other !== a) {
        others?.add(a);
        this.neighbours[a]?.add(other);
      }
    }
    this.neighbours[b] = undefined;
    for (const picture of this.#pictures[b] ?? []) this.#pictures[a]?.add(picture);
    this.#pictures[b] = undefined;
  }

  slotOf(row: number): number {
    let slot = row;
    while (this.#parents[slot] !== slot) slot = this.#parents[slot] as number;
    return slot;
  }
}

/**
 * A group's number for each vector, from 0 for the largest group on; vectors that are like no other
 * are groups of one.
 *
 * Agglomerative clustering by average linkage (UPGMA; Sokal and Michener, 1958): the two groups with the
 * highest mean cosine are joined, as long as it is at least `1 - threshold`. Only groups with near
 * neighbours between them are candidates.
 *
 * @param threshold - The largest mean cosine distance within a group, 0 to 2.
 * @param pictures - The picture of each vector: vectors of one picture never come into one group.
 */
export function averageLinkage(
  vectors: Vectors,
  threshold: number,
  pictures?: Int32Array,
): Int32Array {
  const rows = vectors.values.length / vectors.dimension;
  const least = 1 - threshold;
  const groups = new Groups(vectors, pictures);
  const heap = new Heap<Merge>((x, y) => y.cosine - x.cosine || x.a - y.a || x.b - y.b);
  const offer = (a: number, b: number, cosine: number) => {
    if (cosine < least) return;
    heap.push({
      cosine,
      a,
      b,
      stateOfA: groups.states[a] as number,
      stateOfB: groups.states[b] as number,
    });
  };
  const { first, second, cosine } = neighbourPairs(vectors, least);
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i] as number, second[i] as number];
    groups.neighbours[a]?.add(b);
    groups.neighbours[b]?.add(a);
    offer(a, b, cosine[i] as number);
  }
  for (let merge = heap.pop(); merge !== undefined; merge = heap.pop()) {
    const { a, b } = merge;
    if (groups.states[a] !== merge.stateOfA || groups.states[b] !== merge.stateOfB) continue;
    if (!groups.mayJoin(a, b)) continue;
    // Into the one with more neighbours: fewer sets are rewritten.
    const swap = (groups.neighbours[a]?.size ?? 0) < (groups.neighbours[b]?.size ?? 0);
    const [kept, gone] = swap ? [b, a] : [a, b];
    groups.join(kept, gone);
    for (const other of groups.neighbours[kept] ?? []) {
      offer(Math.min(kept, other), Math.max(kept, other), groups.meanCosine(kept, other));
    }
  }
  return numbered(
    Int32Array.from({ length: rows }, (_, row) => groups.slotOf(row)),
    groups.sizes,
  );
}

/** Slots to numbers: the largest group first, of equal ones that with the lowest row. */
function numbered(slots: Int32Array, sizes: Uint32Array): Int32Array {
  const order = [...new Set(slots)];
  order.sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  const numbers = new Map(order.map((slot, number) => [slot, number]));
  return slots.map((slot) => numbers.get(slot) as number);
}
