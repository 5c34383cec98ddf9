/** The order in which the reference looks at candidates. */

/** Ranges of at most one more than this are sorted by insertion. */
const SMALL = 15;

/**
 * The indexes that sort `values` ascending, equal values in the order in which numpy's argsort
 * leaves them. The quantised networks give many equal scores, and which of two overlapping boxes
 * with equal scores survives depends on it: an order of our own would give other faces than the
 * reference.
 *
 * Source: numpy/_core/src/npysort/quicksort.cpp (aquicksort), the portable kernel; numpy's AVX-512
 * and AVX2 kernels leave equal values in another order on machines that have them.
 */
export function argsortAsNumpy(values: readonly number[]): number[] {
  const order = values.map((_, i) => i);
  const valueAt = (position: number) => values[order[position] as number] as number;
  const swap = (i: number, j: number) => {
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  };
  const pending: [left: number, right: number][] = [[0, values.length - 1]];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    let [left, right] = range;
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
        do i++;
        while (valueAt(i) < pivot);
        do j--;
        while (pivot < valueAt(j));
        if (i >= j) break;
        swap(i, j);
      }
      swap(i, right - 1);
      // The larger part waits, so that the stack stays short.
      if (i - left < right - i) {
        pending.push([i + 1, right]);
        right = i - 1;
      } else {
        pending.push([left, i - 1]);
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
  }
  return order;
}
