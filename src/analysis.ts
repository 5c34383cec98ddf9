/** From pixels to results: the steps of the pipeline, without caches, limits and signals. */

import { addLandmarks } from './align/find-landmarks.js';
import { ALIGNED_SIZE, alignmentMap } from './align/template.js';
import { allSettled } from './all-settled.js';
import { selectFaces } from './compare/select-faces.js';
import { clipBox } from './detect/detector.js';
import { scaleFaces } from './detect/scale-faces.js';
import type { DetectedFace, Landmarks } from './detect/types.js';
import { embedFaces, faceCropOf, fingerprintOf, inputSide } from './embed/embed-faces.js';
import type { Embedding } from './embed/embedding.js';
import { MnnFaceError } from './errors.js';
import type { Decoded } from './image/decode.js';
import type { Model } from './models/manifest.js';
import type { Sessions } from './models/sessions.js';
import { native, type Pixels } from './native.js';
import type { ResolvedCallOptions } from './options.js';
import { measureFaces } from './quality/measure-faces.js';
import type { AlignedFace, CroppedFace, Detection, Representation } from './results.js';
import { type Found, findFaces } from './thorough/find-faces.js';

/** `minSize` is in pixels of the picture, which may be decoded smaller. */
function detectOptionsFor(decoded: Decoded, { detect }: ResolvedCallOptions) {
  const { minSize } = detect;
  return minSize === undefined
    ? detect
    : { ...detect, minSize: (minSize * decoded.pixels.width) / decoded.width };
}

/** The faces of `pixels`, in its coordinates, with the further looks that the options allow. */
async function facesIn(
  sessions: Sessions,
  pixels: Pixels,
  decoded: Decoded,
  options: ResolvedCallOptions,
): Promise<Found> {
  const detect = pixels === decoded.pixels ? detectOptionsFor(decoded, options) : options.detect;
  return await findFaces(sessions, pixels, detect, options.thorough, options.landmarks || 'onet');
}

/** Results say how a picture was turned where the call allowed to turn it. */
function turnedOf({ turned }: Found, { thorough }: ResolvedCallOptions) {
  return thorough.upright === 'auto' ? { turned } : {};
}

/** What results say of a damaged picture, when the call asked for it. */
function warningsOf(decoded: Decoded, { decodeErrors }: ResolvedCallOptions) {
  return decodeErrors === 'warn' ? { warnings: [...decoded.warnings] } : {};
}

function toPicture<T extends DetectedFace>(decoded: Decoded, pixels: Pixels, faces: T[]): T[] {
  return scaleFaces(faces, decoded.width / pixels.width, decoded.height / pixels.height);
}

/** @internal */
export async function detectIn(
  sessions: Sessions,
  decoded: Decoded,
  options: ResolvedCallOptions,
): Promise<Detection> {
  const { pixels, width, height } = decoded;
  const looked = await facesIn(sessions, pixels, decoded, options);
  const { faces } = looked;
  // Quality is judged on the aligned face.
  const landmarks = options.landmarks ?? (options.quality ? 'onet' : undefined);
  if (landmarks) await addLandmarks(sessions, pixels, faces, landmarks);
  const detector = options.detect.detector;
  const measured = options.quality ? await withQuality(sessions, decoded, pixels, faces) : faces;
  const found = toPicture(decoded, pixels, measured);
  return {
    width,
    height,
    detector,
    ...turnedOf(looked, options),
    faces: found,
    ...warningsOf(decoded, options),
  };
}

async function withQuality<T extends DetectedFace>(
  sessions: Sessions,
  decoded: Decoded,
  pixels: Pixels,
  faces: readonly T[],
): Promise<T[]> {
  const qualities = await measureFaces(sessions, pixels, faces, decoded.width / pixels.width);
  return faces.map((face, i) => ({ ...face, ...qualities[i] }));
}

/** Faces, and pixels that show them at no less than `side` pixels, if the picture does. */
interface Chosen {
  pixels: Pixels;
  /** In the coordinates of `pixels`. */
  faces: DetectedFace[];
  looked: Found;
}

/** The faces that a call is about, with landmarks unless the options forbid them. */
async function chooseFaces(
  sessions: Sessions,
  decoded: Decoded,
  options: ResolvedCallOptions,
  side: number,
): Promise<Chosen> {
  let { pixels } = decoded;
  const looked = await facesIn(sessions, pixels, decoded, options);
  let faces = selectFaces(looked.faces, options.faces ?? 'all');
  if (faces.some(({ box }) => Math.min(box.width, box.height) < side)) {
    const full = await decoded.full();
    faces = scaleFaces(faces, full.width / pixels.width, full.height / pixels.height);
    pixels = full;
  }
  if (options.landmarks === false) {
    return { pixels, faces: faces.map(({ box, score }) => ({ box, score })), looked };
  }
  await addLandmarks(sessions, pixels, faces, options.landmarks ?? 'onet');
  return { pixels, faces, looked };
}

/** @internal */
export async function embedIn(
  sessions: Sessions,
  decoded: Decoded,
  options: ResolvedCallOptions,
  embedder: Model,
): Promise<Representation> {
  const crop = faceCropOf(embedder, options.landmarks !== false);
  // Landmarks that nothing needs are not looked for, unless they are asked for.
  const landmarks = options.landmarks ?? (crop.crop === 'aligned' ? 'onet' : false);
  const { pixels, faces, looked } = await chooseFaces(
    sessions,
    decoded,
    { ...options, landmarks },
    inputSide(embedder),
  );
  const embeddings = await embedFaces(sessions, pixels, faces, embedder, crop);
  const fingerprint = fingerprintOf(embedder, crop);
  const measured = options.quality ? await withQuality(sessions, decoded, pixels, faces) : faces;
  return {
    width: decoded.width,
    height: decoded.height,
    detector: options.detect.detector,
    model: embedder.name,
    fingerprint,
    ...turnedOf(looked, options),
    ...warningsOf(decoded, options),
    faces: toPicture(decoded, pixels, measured).map((face, i) => ({
      ...face,
      embedding: embeddings[i] as Embedding,
      fingerprint,
    })),
  };
}

/** @internal */
export async function alignIn(
  sessions: Sessions,
  decoded: Decoded,
  options: ResolvedCallOptions,
): Promise<AlignedFace[]> {
  const { pixels, faces } = await chooseFaces(
    sessions,
    decoded,
    { ...options, landmarks: options.landmarks || 'onet' },
    ALIGNED_SIZE,
  );
  const crops = await allSettled(
    faces.map(async ({ landmarks }) => {
      if (landmarks === undefined) {
        throw new MnnFaceError('ERR_INTERNAL', 'A face has no landmarks.');
      }
      const data = await native().resample(
        {
          picture: pixels,
          geometry: 'warp',
          regions: Float64Array.from(alignmentMap(landmarks)),
          width: ALIGNED_SIZE,
          height: ALIGNED_SIZE,
        },
        sessions.cancellation,
      );
      return { data, width: ALIGNED_SIZE, height: ALIGNED_SIZE, channels: 3 as const };
    }),
  );
  return toPicture(decoded, pixels, faces).map(({ box, score, landmarks }, i) => ({
    box,
    score,
    landmarks: landmarks as Landmarks,
    ...warningsOf(decoded, options),
    crop: crops[i] as AlignedFace['crop'],
  }));
}

/** @internal Cuts the boxes out, at whole pixels; what lies outside of the picture is black. */
export async function cropIn(
  sessions: Sessions,
  decoded: Decoded,
  options: ResolvedCallOptions,
  clip: boolean,
): Promise<CroppedFace[]> {
  const pixels = await decoded.full();
  const warnings = warningsOf(decoded, options);
  const { faces: found } = await facesIn(sessions, pixels, decoded, options);
  const chosen = selectFaces(found, options.faces ?? 'all');
  return await allSettled(
    chosen.map(async ({ box, score }) => {
      const cut = clip ? clipBox(box, pixels.width, pixels.height) : box;
      const x = Math.round(cut.x);
      const y = Math.round(cut.y);
      const width = Math.max(1, Math.round(cut.x + cut.width) - x);
      const height = Math.max(1, Math.round(cut.y + cut.height) - y);
      const data = await native().resample(
        {
          picture: pixels,
          geometry: 'warp',
          regions: Float64Array.of(1, 0, x, 0, 1, y),
          width,
          height,
        },
        sessions.cancellation,
      );
      return { box, score, ...warnings, crop: { data, width, height, channels: 3 as const } };
    }),
  );
}
