/** From pixels to results: the steps of the pipeline, without caches, limits and signals. */

import { addLandmarks } from './align/find-landmarks.js';
import { ALIGNED_SIZE, alignmentMap } from './align/template.js';
import { allSettled } from './all-settled.js';
import { selectFaces } from './compare/select-faces.js';
import { clipBox, detectFaces } from './detect/detector.js';
import type { DetectedFace } from './detect/types.js';
import { embedFaces, faceCropOf, fingerprintOf } from './embed/embed-faces.js';
import type { Embedding } from './embed/embedding.js';
import { MnnFaceError } from './errors.js';
import type { Model } from './models/manifest.js';
import type { Sessions } from './models/sessions.js';
import { native, type Pixels } from './native.js';
import type { ResolvedCallOptions } from './options.js';
import type { AlignedFace, CroppedFace, Detection, Representation } from './results.js';

/** @internal */
export async function detectIn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedCallOptions,
): Promise<Detection> {
  const faces = await detectFaces(sessions, pixels, options.detect);
  if (options.landmarks) await addLandmarks(sessions, pixels, faces, options.landmarks);
  const { width, height } = pixels;
  return { width, height, detector: options.detect.detector, faces };
}

/** The faces that a call is about, with landmarks unless the options forbid them. */
async function chooseFaces(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedCallOptions,
): Promise<DetectedFace[]> {
  const found = await detectFaces(sessions, pixels, options.detect);
  const chosen = selectFaces(found, options.faces ?? 'all', 'the picture');
  if (options.landmarks === false) return chosen.map(({ box, score }) => ({ box, score }));
  await addLandmarks(sessions, pixels, chosen, options.landmarks ?? 'onet');
  return chosen;
}

/** @internal */
export async function embedIn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedCallOptions,
  embedder: Model,
): Promise<Representation> {
  const crop = faceCropOf(embedder, options.landmarks !== false);
  // Landmarks that nothing needs are not looked for, unless they are asked for.
  const landmarks = options.landmarks ?? (crop.crop === 'aligned' ? 'onet' : false);
  const chosen = await chooseFaces(sessions, pixels, { ...options, landmarks });
  const embeddings = await embedFaces(sessions, pixels, chosen, embedder, crop);
  const fingerprint = fingerprintOf(embedder, crop);
  return {
    width: pixels.width,
    height: pixels.height,
    detector: options.detect.detector,
    model: embedder.name,
    fingerprint,
    faces: chosen.map((face, i) => ({
      ...face,
      embedding: embeddings[i] as Embedding,
      fingerprint,
    })),
  };
}

/** @internal */
export async function alignIn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedCallOptions,
): Promise<AlignedFace[]> {
  const chosen = await chooseFaces(sessions, pixels, {
    ...options,
    landmarks: options.landmarks || 'onet',
  });
  return await allSettled(
    chosen.map(async ({ box, score, landmarks }) => {
      if (landmarks === undefined)
        throw new MnnFaceError('ERR_INTERNAL', 'A face has no landmarks.');
      const data = await native().resample({
        picture: pixels,
        geometry: 'warp',
        regions: Float64Array.from(alignmentMap(landmarks)),
        width: ALIGNED_SIZE,
        height: ALIGNED_SIZE,
      });
      const crop = { data, width: ALIGNED_SIZE, height: ALIGNED_SIZE, channels: 3 as const };
      return { box, score, landmarks, crop };
    }),
  );
}

/** @internal Cuts the boxes out, at whole pixels; what lies outside of the picture is black. */
export async function cropIn(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedCallOptions,
  clip: boolean,
): Promise<CroppedFace[]> {
  const found = await detectFaces(sessions, pixels, options.detect);
  const chosen = selectFaces(found, options.faces ?? 'all', 'the picture');
  return await allSettled(
    chosen.map(async ({ box, score }) => {
      const cut = clip ? clipBox(box, pixels.width, pixels.height) : box;
      const x = Math.round(cut.x);
      const y = Math.round(cut.y);
      const width = Math.max(1, Math.round(cut.x + cut.width) - x);
      const height = Math.max(1, Math.round(cut.y + cut.height) - y);
      const data = await native().resample({
        picture: pixels,
        geometry: 'warp',
        regions: Float64Array.of(1, 0, x, 0, 1, y),
        width,
        height,
      });
      return { box, score, crop: { data, width, height, channels: 3 as const } };
    }),
  );
}
