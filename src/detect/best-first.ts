/** Sorting in slices. */
import { INDEX, type Rows, SCORE, upTo } from './rows.js';
import type { Sliced } from './slices.js';

/** Runs of so many are sorted at once; so many steps of merging go between two yields. */
const RUN = 2048;

/**
 * The positions that sort `values` descending; equal ones stay in the order in which they came.
 *
 * @param order - The order in which they come; default: as they stand.
 */
export function* descending(values: Float64Array, order?: Int32Array): Sliced<Int32Array> {
  let from: Int32Array = order ?? upTo(values.length);
  const { length } = from;
  for (let start = 0; start < length; start += RUN) {
    // sort() is stable, of typed arrays too.
    from.subarray(start, start + RUN).sort((a, b) => (values[b] as number) - (values[a] as number));
    yield;
  }
  let to: Int32Array = new Int32Array(length);
  for (let run = RUN; run < length; run *= 2) {
    for (let start = 0; start < length; start += 2 * run) {
      const middle = Math.min(start + run, length);
      const end = Math.min(start + 2 * run, length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takesLeft =
          left < middle &&
          (right >= end ||
            (values[from[left] as number] as number) >= (values[from[right] as number] as number));
        to[at] = from[takesLeft ? left++ : right++] as number;
        if ((at & (8 * RUN - 1)) === 0) yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The rows best first; of equal scores the one with the lower index first. */
export function* bestFirst(rows: Rows): Sliced<Int32Array> {
  const indexes = rows.column(INDEX).map((index) => -index);
  let ascending = true;
  for (let i = 1; i < indexes.length && ascending; i++) {
    ascending = (indexes[i - 1] as number) >= (indexes[i] as number);
  }
  const byIndex = ascending ? undefined : yield* descending(indexes);
  return yield* descending(rows.column(SCORE), byIndex);
}

/** The best `limit` rows, in the order of their indexes where some had to go. */
export function* bestRows(rows: Rows, limit: number): Sliced<Rows> {
  if (rows.count <= limit) return rows;
  const best = yield* bestFirst(rows);
  return rows.pick(best.slice(0, limit).sort());
}
