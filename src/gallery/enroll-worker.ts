/** A worker of the queue of enrolments: pictures to entries. */
import { availableParallelism } from 'node:os';
import { typeError } from '../arguments.js';
import { contentHash } from '../cache/hash.js';
import { faceCropOf, fingerprintOf } from '../embed/embed-faces.js';
import { MnnFaceError } from '../errors.js';
import { createFaces, type Faces } from '../faces.js';
import { DEFAULT_MAX_PIXELS } from '../image/decode.js';
import { loadPicture } from '../image/picture.js';
import { findEmbedder } from '../models/user-models.js';
import type { FacesOptions } from '../options.js';
import {
  type EnrollHandler,
  type EnrollQueueOptions,
  enrollQueue,
  type WorkCounts,
  type WorkOptions,
} from './enroll-queue.js';
import { postgresGalleryStore } from './postgres-gallery-store.js';
import type { GalleryMake, GalleryStore } from './store.js';

const MOST_LANES = 4;

/** What the embeddings of these options are made with. */
function makeOf({ embedder, models, landmarks }: FacesOptions): GalleryMake {
  const model = findEmbedder(embedder ?? 'mobilefacenet', models);
  const shape = model.outputs[0]?.shape ?? [];
  return {
    model: model.name,
    fingerprint: fingerprintOf(model, faceCropOf(model, landmarks !== false)),
    dimension: shape.reduce((product, side) => product * side, 1),
  };
}

interface Enrolling {
  faces: Faces;
  store: GalleryStore;
  which: 'single' | 'largest';
  maxPixels: number;
  keepsCrops: boolean;
}

/** Enrols the face of a picture, unless the subject has that picture already. */
function pictureEnroller(enrolling: Enrolling): EnrollHandler {
  const { faces, store, which, maxPixels, keepsCrops } = enrolling;
  return async ({ subject, path, bytes, metadata }) => {
    const loaded = await loadPicture(path ?? bytes ?? '', maxPixels);
    const hash = await contentHash(loaded);
    if (await store.has(subject, hash)) return { added: false };
    const picture = loaded.kind === 'encoded' ? loaded.bytes : loaded.picture;
    const [face] = (await faces.embed(picture, { faces: which })).faces;
    if (face === undefined) throw new MnnFaceError('ERR_NO_FACE', 'No face was found.');
    const [aligned] = keepsCrops ? await faces.align(picture, { faces: which }) : [];
    const [outcome] = await store.add([
      {
        subject,
        embedding: face.embedding,
        contentHash: hash,
        source: path ?? null,
        metadata: metadata ?? null,
        crop: aligned === undefined ? null : new Uint8Array(aligned.crop.data),
      },
    ]);
    return { added: outcome?.added ?? false };
  };
}

/** Options of `runWorker()`. */
export interface RunWorkerOptions extends EnrollQueueOptions, WorkOptions {
  /** As of `createFaces()`; `faces` says whether several faces in a picture are refused (default). */
  facesOptions?: FacesOptions;
}

/**
 * Takes jobs out of a gallery's queue and enrols their pictures, until the signal fires or, with
 * `untilEmpty`, the queue is empty. May run in any number of processes on any machines that can
 * read the files; a job whose worker was killed is done by another, and nothing is enrolled twice.
 *
 * @throws MnnFaceError `ERR_GALLERY` when the gallery is of another model or the server is away for
 * long; the job in hand stays in the queue.
 */
export async function runWorker(options: RunWorkerOptions): Promise<WorkCounts> {
  const { facesOptions = {}, lanes, untilEmpty, signal, onFailure, ...location } = options;
  const which = facesOptions.faces ?? 'single';
  if (which === 'all') throw typeError('faces', "'single' or 'largest' to enrol", which);
  const queue = enrollQueue(location);
  try {
    const { connectionString, schema } = location;
    const store = postgresGalleryStore({
      connectionString,
      ...(schema === undefined ? {} : { schema }),
    });
    try {
      await using faces = createFaces(facesOptions);
      await store.open(makeOf(facesOptions), { keepCrops: false });
      const { keepsCrops } = await store.stats();
      const maxPixels = facesOptions.maxPixels ?? DEFAULT_MAX_PIXELS;
      const handler = pictureEnroller({ faces, store, which, maxPixels, keepsCrops });
      return await queue.work(handler, {
        lanes: lanes ?? facesOptions.lanes ?? Math.min(MOST_LANES, availableParallelism()),
        ...(untilEmpty === undefined ? {} : { untilEmpty }),
        ...(signal === undefined ? {} : { signal }),
        ...(onFailure === undefined ? {} : { onFailure }),
      });
    } finally {
      await store.close();
    }
  } finally {
    await queue.close();
  }
}
