/** Distances of any number of pairs in constant memory: counts in steps of a millionth. */

const STEPS = 1_000_000; // of a distance of 1
const HIGHEST = 2;

export class DistanceHistogram {
  counts = new Float64Array(HIGHEST * STEPS + 1);
  total = 0;

  add(distance) {
    // Rounded up: what is counted within a threshold is within it.
    this.counts[Math.ceil(Math.min(Math.max(distance, 0), HIGHEST) * STEPS)]++;
    this.total++;
  }

  /** The share of distances of at most `threshold`. */
  rateAt(threshold) {
    let within = 0;
    const last = Math.floor(Math.min(threshold, HIGHEST) * STEPS + 1e-6);
    for (let step = 0; step <= last; step++) within += this.counts[step];
    return within / this.total;
  }

  /** The largest threshold at which at most this share of distances is accepted. */
  thresholdAt(rate) {
    const allowed = Math.floor(rate * this.total);
    let within = 0;
    for (let step = 0; step < this.counts.length; step++) {
      within += this.counts[step];
      if (within > allowed) return (step - 1) / STEPS;
    }
    return HIGHEST;
  }
}

/** The chance that a genuine pair is nearer than an impostor pair. */
export function aucOf(genuine, impostor) {
  let nearer = 0; // impostor pairs below this step
  let area = 0;
  for (let step = 0; step < genuine.counts.length; step++) {
    const here = impostor.counts[step];
    area += genuine.counts[step] * (impostor.total - nearer - here / 2);
    nearer += here;
  }
  return area / (genuine.total * impostor.total);
}

/**
 * All pairs of rows: cosine distances of one person's and of two people's.
 *
 * @returns {{genuine: DistanceHistogram, impostor: DistanceHistogram}}
 */
export function allPairs({ people, vectors, dimension }) {
  const genuine = new DistanceHistogram();
  const impostor = new DistanceHistogram();
  for (let a = 0; a < people.length; a++) {
    const from = a * dimension;
    for (let b = a + 1; b < people.length; b++) {
      const to = b * dimension;
      let dot = 0;
      for (let i = 0; i < dimension; i++) dot += vectors[from + i] * vectors[to + i];
      (people[a] === people[b] ? genuine : impostor).add(1 - dot);
    }
  }
  return { genuine, impostor };
}
