/** The order in which the reference looks at candidates. */
import { upTo } from './rows.js';
import type { Sliced } from './slices.js';

/** Ranges of at most one more than this are sorted by insertion. */
const SMALL = 15;
/** So many steps go between two yields. */
const STEPS = 16_384;
const HEAP_STEPS = 1024;

/** numpy's fallback for ranges that split badly (npysort/heapsort.cpp, aheapsort). */
function* heapsort(
  values: Float64Array,
  order: Int32Array,
  left: number,
  right: number,
): Sliced<void> {
  // Heaps are numbered from 1.
  const base = left - 1;
  const valueAt = (place: number) => values[order[base + place] as number] as number;
  let count = right - left + 1;
  const sift = (held: number, from: number) => {
    let place = from;
    let child = 2 * from;
    while (child <= count) {
      if (child < count && valueAt(child) < valueAt(child + 1)) child++;
      if (!((values[held] as number) < valueAt(child))) break;
      order[base + place] = order[base + child] as number;
      place = child;
      child *= 2;
    }
    order[base + place] = held;
  };
  for (let root = count >> 1; root > 0; root--) {
    sift(order[base + root] as number, root);
    if (root % HEAP_STEPS === 0) yield;
  }
  while (count > 1) {
    const held = order[base + count] as number;
    order[base + count] = order[base + 1] as number;
    count--;
    sift(held, 1);
    if (count % HEAP_STEPS === 0) yield;
  }
}

/**
 * The indexes that sort `values` ascending, equal values in the order in which numpy's argsort
 * leaves them. The quantised networks give many equal scores, and which of two overlapping boxes
 * with equal scores survives depends on it: an order of our own would give other faces than the
 * reference.
 *
 * Source: numpy/_core/src/npysort/quicksort.cpp (aquicksort), the portable kernel; numpy's AVX-512
 * and AVX2 kernels leave equal values in another order on machines that have them.
 */
export function* argsortAsNumpy(values: Float64Array): Sliced<Int32Array> {
  const order = upTo(values.length);
  const valueAt = (position: number) => values[order[position] as number] as number;
  const swap = (i: number, j: number) => {
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  };
  // A range that has been split so often without getting small goes to heapsort.
  const mostSplits = 2 * (31 - Math.clz32(Math.max(1, values.length)));
  const pending: [left: number, right: number, splits: number][] = [
    [0, values.length - 1, mostSplits],
  ];
  let steps = 0;
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    let [left, right, splits] = range;
    if (splits < 0) {
      yield* heapsort(values, order, left, right);
      continue;
    }
    while (right - left > SMALL) {
      const middle = left + ((right - left) >> 1);
      if (valueAt(middle) < valueAt(left)) swap(middle, left);
      if (valueAt(right) < valueAt(middle)) swap(right, middle);
      if (valueAt(middle) < valueAt(left)) swap(middle, left);
      const pivot = valueAt(middle);
      let i = left;
      let j = right - 1;
      swap(middle, j);
      while (true) {
        const from = i;
        const to = j;
        do i++;
        while (valueAt(i) < pivot);
        do j--;
        while (pivot < valueAt(j));
        steps += i - from + to - j;
        if (i >= j) break;
        swap(i, j);
        if (steps >= STEPS) {
          steps = 0;
          yield;
        }
      }
      swap(i, right - 1);
      splits--;
      // The larger part waits, so that the stack stays short.
      if (i - left < right - i) {
        pending.push([i + 1, right, splits]);
        right = i - 1;
      } else {
        pending.push([left, i - 1, splits]);
        left = i + 1;
      }
    }
    for (let i = left + 1; i <= right; i++) {
      const held = order[i] as number;
      let j = i;
      while (j > left && (values[held] as number) < valueAt(j - 1)) {
        order[j] = order[j - 1] as number;
        j--;
      }
      order[j] = held;
    }
    steps += right - left;
    if (steps >= STEPS) {
      steps = 0;
      yield;
    }
  }
  return order;
}
