import { abortable, throwIfAborted } from '../abort.js';
import type { Many } from '../batch.js';
import type { Comparable } from '../embed/embedding.js';
import { MnnFaceError } from '../errors.js';
import type { Faces } from '../faces.js';
import type { Picture } from '../image/picture.js';
import type { CallOptions } from '../options.js';
import { startThread } from '../threads.js';
import type { ClusterWork } from './cluster-thread.js';
import { isComparable, unitVector, withoutEmbedding } from './enrolment.js';
import type { ClusteredFace, Clusters } from './results.js';
import type { GalleryMake } from './store.js';
import { Turns } from './turns.js';

/** @internal The faces of pictures, or embeddings, in groups. */
export async function clusterFaces(
  faces: Faces,
  make: GalleryMake,
  inputs: Many<Picture | Comparable>,
  call: CallOptions,
  threshold: number,
): Promise<Clusters> {
  const found: Omit<ClusteredFace, 'cluster'>[] = [];
  const vectors: Float32Array[] = [];
  const pictures: number[] = [];
  const turns = new Turns();
  let index = 0;
  for await (const input of inputs) {
    if (isComparable(input)) {
      found.push({ index });
      vectors.push(unitVector(input, make));
      pictures.push(index);
    } else {
      for (const face of (await faces.embed(input, call)).faces) {
        found.push({ index, face: withoutEmbedding(face) });
        vectors.push(unitVector(face, make));
        pictures.push(index);
      }
    }
    index++;
    await turns.take();
  }
  const labels = await clusterLabels(
    {
      vectors: together(vectors, make.dimension),
      dimension: make.dimension,
      pictures: Int32Array.from(pictures),
      threshold,
    },
    call.signal,
  );
  return {
    clusters: labels.reduce((most, label) => Math.max(most, label), -1) + 1,
    faces: found.map((face, i) => ({ ...face, cluster: labels[i] as number })),
  };
}

function together(vectors: readonly Float32Array[], dimension: number): Float32Array {
  const all = new Float32Array(vectors.length * dimension);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * dimension);
  return all;
}

/** In a thread: 100,000 faces take minutes. An abort ends it. */
async function clusterLabels(
  data: ClusterWork,
  signal: AbortSignal | undefined,
): Promise<Int32Array> {
  throwIfAborted(signal);
  const thread = startThread('gallery/cluster-thread', data);
  thread.ref();
  const labels = new Promise<Int32Array>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => {
      reject(new MnnFaceError('ERR_INTERNAL', 'The thread that groups faces ended too early.'));
    });
  });
  try {
    return await abortable(labels, signal);
  } finally {
    await thread.terminate();
  }
}
