/**
 * LFW's published protocol: ten folds of same and different pairs; of each fold the accuracy at the
 * threshold that is best for the other nine.
 *
 * Source: Huang et al., "Labeled Faces in the Wild" (2007), view 2.
 */

/** @returns {{same: boolean, a: string, b: string}[][]} pairs by fold, with names as NAME_0001. */
export function parsePairs(text) {
  const [head, ...lines] = text.trim().split(/\r?\n/);
  const [folds, perKind] = head.split(/\s+/).map(Number);
  const name = (person, number) => `${person}_${String(number).padStart(4, '0')}`;
  const parsed = lines.map((line) => {
    const words = line.split('\t');
    return words.length === 3
      ? { same: true, a: name(words[0], words[1]), b: name(words[0], words[2]) }
      : { same: false, a: name(words[0], words[1]), b: name(words[2], words[3]) };
  });
  if (!(folds > 1) || parsed.length !== folds * perKind * 2) {
    throw new Error(`pairs.txt says ${head}, and has ${parsed.length} pairs.`);
  }
  return Array.from({ length: folds }, (_, fold) =>
    parsed.slice(fold * perKind * 2, (fold + 1) * perKind * 2),
  );
}

function distanceOf({ a, b }, byName) {
  const [left, right] = [byName.get(a), byName.get(b)];
  // No face: no threshold makes it right.
  if (left === undefined || right === undefined) return undefined;
  let sum = 0;
  for (let i = 0; i < left.vector.length; i++) sum += left.vector[i] * right.vector[i];
  return 1 - sum;
}

function accuracyAt(pairs, threshold) {
  const right = pairs.filter(
    ({ same, distance }) => distance !== undefined && distance <= threshold === same,
  );
  return right.length / pairs.length;
}

/** The threshold with the highest accuracy: between two neighbouring distances. */
function bestThreshold(pairs) {
  const sorted = pairs
    .filter(({ distance }) => distance !== undefined)
    .sort((x, y) => x.distance - y.distance);
  let right = sorted.filter(({ same }) => !same).length;
  let best = { right, threshold: -1 };
  sorted.forEach(({ same, distance }, i) => {
    right += same ? 1 : -1;
    const next = sorted[i + 1]?.distance ?? distance;
    if (right > best.right) best = { right, threshold: (distance + next) / 2 };
  });
  return best.threshold;
}

/** @param byName the faces by picture, each with a `vector`. */
export function tenFolds(folds, byName) {
  const measured = folds.map((pairs) =>
    pairs.map((pair) => ({ same: pair.same, distance: distanceOf(pair, byName) })),
  );
  const accuracies = measured.map((pairs, fold) =>
    accuracyAt(pairs, bestThreshold(measured.filter((_, other) => other !== fold).flat())),
  );
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const variance =
    accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1);
  return {
    accuracy: mean,
    standardError: Math.sqrt(variance / accuracies.length),
    folds: accuracies.length,
    pairs: measured.flat().length,
    missing: measured.flat().filter(({ distance }) => distance === undefined).length,
  };
}
