import { DBSCAN } from 'density-clustering';
import type { Many } from '../batch.js';
import type { Comparable } from '../embed/embedding.js';
import type { Faces } from '../faces.js';
import type { Picture } from '../image/picture.js';
import type { CallOptions } from '../options.js';
import { isComparable, unitVector, withoutEmbedding } from './enrolment.js';
import type { ClusteredFace, Clusters } from './results.js';
import type { GalleryMake } from './store.js';
import { dot } from './vectors.js';

/** @internal The faces of pictures, or embeddings, in groups. */
export async function clusterFaces(
  faces: Faces,
  make: GalleryMake,
  inputs: Many<Picture | Comparable>,
  call: CallOptions,
  eps: number,
  minPoints: number,
): Promise<Clusters> {
  const found: Omit<ClusteredFace, 'cluster'>[] = [];
  const vectors: Float32Array[] = [];
  let index = 0;
  for await (const input of inputs) {
    if (isComparable(input)) {
      found.push({ index });
      vectors.push(unitVector(input, make));
    } else {
      for (const face of (await faces.embed(input, call)).faces) {
        found.push({ index, face: withoutEmbedding(face) });
        vectors.push(unitVector(face, make));
      }
    }
    index++;
  }
  const labels = clusterLabels(vectors, eps, minPoints);
  return {
    clusters: labels.reduce((most, label) => Math.max(most, label), -1) + 1,
    faces: found.map((face, i) => ({ ...face, cluster: labels[i] ?? -1 })),
  };
}

/**
 * DBSCAN over the cosine distance: a label for each vector, -1 for noise. Takes time with the
 * square of their number.
 */
function clusterLabels(vectors: readonly Float32Array[], eps: number, minPoints: number): number[] {
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
