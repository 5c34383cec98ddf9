import { DBSCAN } from 'density-clustering';
import { dot } from './vector-index.js';

/**
 * DBSCAN over the cosine distance: a label for each vector, -1 for noise. Takes time with the
 * square of their number.
 *
 * @internal
 */
export function clusterLabels(
  vectors: readonly Float32Array[],
  eps: number,
  minPoints: number,
): number[] {
  const labels = new Array<number>(vectors.length).fill(-1);
  // The package knows points as lists of numbers: it gets the vectors' places.
  const places = vectors.map((_, place) => [place]);
  const at = ([place]: number[]) => vectors[place as number] as Float32Array;
  const clusters = new DBSCAN().run(places, eps, minPoints, (a, b) => 1 - dot(at(a), at(b)));
  // Not by its list of noise, which keeps points that a cluster took in later.
  for (const [label, members] of clusters.entries()) {
    for (const member of members) labels[member] = label;
  }
  return labels;
}
