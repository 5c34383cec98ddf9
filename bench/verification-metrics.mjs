/** AUC, TAR at FAR and thresholds of genuine and impostor distances. */

/** Area under the ROC curve: the chance that a genuine pair is closer than an impostor pair. */
export function auc(genuine, impostor) {
  const all = [
    ...genuine.map((distance) => ({ distance, genuine: true })),
    ...impostor.map((distance) => ({ distance, genuine: false })),
  ].sort((a, b) => a.distance - b.distance);
  // Mann-Whitney U with mid-ranks for ties.
  let rankSum = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j].distance === all[i].distance) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) if (all[k].genuine) rankSum += rank;
    i = j;
  }
  const u = rankSum - (genuine.length * (genuine.length + 1)) / 2;
  return 1 - u / (genuine.length * impostor.length);
}

/** The largest threshold (distance <= threshold matches) whose false accept rate is at most `far`. */
export function thresholdAtFar(impostor, far) {
  const sorted = [...impostor].sort((a, b) => a - b);
  const allowed = Math.floor(far * sorted.length);
  // Just below the first impostor that must not pass.
  const first = sorted[allowed];
  return first === undefined ? 2 : first - 1e-9;
}

/** The share of distances that match. */
export function rateAt(distances, threshold) {
  return distances.filter((distance) => distance <= threshold).length / distances.length;
}
