/** Groups vectors, as a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { DBSCAN } from 'density-clustering';
import { dot } from './vectors.js';

/** @internal What the thread is started with. */
export interface ClusterWork {
  /** One after another. */
  vectors: Float32Array;
  dimension: number;
  eps: number;
  minPoints: number;
}

/** DBSCAN over the cosine distance: a label for each vector, -1 for noise. */
function clusterLabels({ vectors, dimension, eps, minPoints }: ClusterWork): Int32Array {
  const labels = new Int32Array(vectors.length / dimension).fill(-1);
  // The package knows points as lists of numbers: it gets the vectors' places.
  const places = Array.from(labels, (_, place) => [place]);
  const rows = places.map((_, i) => vectors.subarray(i * dimension, (i + 1) * dimension));
  const at = ([place]: number[]) => rows[place as number] as Float32Array;
  const clusters = new DBSCAN().run(places, eps, minPoints, (a, b) => 1 - dot(at(a), at(b)));
  // Not by its list of noise, which keeps points that a cluster took in later.
  for (const [label, members] of clusters.entries()) {
    for (const member of members) labels[member] = label;
  }
  return labels;
}

parentPort?.postMessage(clusterLabels(workerData as ClusterWork));
