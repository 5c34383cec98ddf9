/** Medians with their spread. */

/** The value below which the share `p` of the sorted values lies, interpolated. */
function quantile(sorted, p) {
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/** Smallest, median and 95th percentile of a list that is not empty, and how many there were. */
export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    runs: sorted.length,
    min: sorted[0],
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
  };
}
