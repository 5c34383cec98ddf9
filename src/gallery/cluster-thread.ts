/** Groups vectors, as a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { averageLinkage } from '../cluster/average-linkage.js';

/** @internal What the thread is started with. */
export interface ClusterWork {
  /** One after another. */
  vectors: Float32Array;
  dimension: number;
  /** The picture of each vector: two of one picture are two people. */
  pictures: Int32Array;
  threshold: number;
}

const { vectors, dimension, pictures, threshold } = workerData as ClusterWork;
parentPort?.postMessage(averageLinkage({ values: vectors, dimension }, threshold, pictures));
