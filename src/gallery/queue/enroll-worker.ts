/** A worker of the queue of enrolments: pictures to entries. */
import { availableParallelism } from 'node:os';
import { typeError } from '../../arguments.js';
import { MnnFaceError } from '../../errors.js';
import { createFaces } from '../../faces.js';
import type { FacesOptions } from '../../options.js';
import { openGallery } from '../open-gallery.js';
import { postgresGalleryStore } from '../postgres/gallery-store.js';
import type { EnrollJobOptions } from './enroll-job.js';
import { type EnrollQueueOptions, enrollQueue } from './enroll-queue.js';
import { checkWorkOptions, type EnrollHandler, type WorkCounts, type WorkOptions } from './work.js';

const MOST_LANES = 4;
const OWN_KEYS = ['connectionString', 'schema', 'expireSeconds', 'facesOptions'];

/** Options of `runWorker()`. */
export interface RunWorkerOptions extends EnrollQueueOptions, WorkOptions {
  /**
   * As of `createFaces()`; `faces` says whether several faces in a picture are refused (default).
   * What a job says of its own goes before.
   */
  facesOptions?: FacesOptions;
}

/** A job's options without the embedder, which must be the worker's. */
function callOf(
  own: EnrollJobOptions | undefined,
  embedder: string,
): Omit<EnrollJobOptions, 'embedder'> {
  const { embedder: wanted = embedder, ...call } = own ?? {};
  if (wanted === embedder) return call;
  throw new MnnFaceError(
    'ERR_EMBEDDING_MISMATCH',
    `The job is to be embedded with ${wanted}, this worker and its gallery have ${embedder}. Put it into the queue of a gallery of ${wanted}, or without --embedder.`,
  );
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
  checkWorkOptions(options, 'runWorker() options', OWN_KEYS);
  const { facesOptions = {}, lanes, untilEmpty, signal, onFailure, ...location } = options;
  const { faces: which = 'single', maxPixels } = facesOptions;
  if (which === 'all') throw typeError('faces', "'single' or 'largest' to enrol", which);
  const queue = enrollQueue(location);
  try {
    const { connectionString, schema } = location;
    await using faces = createFaces(facesOptions);
    await using gallery = await openGallery({
      store: postgresGalleryStore({ connectionString, ...(schema !== undefined && { schema }) }),
      faces,
    });
    const { name } = faces.embedderOfGallery().model;
    const handler: EnrollHandler = async ({ subject, path, bytes, metadata, options: own }) =>
      await gallery.enroll(subject, path ?? bytes ?? '', {
        faces: which,
        ...(maxPixels !== undefined && { maxPixels }),
        ...callOf(own, name),
        ...(metadata && { metadata }),
      });
    return await queue.work(handler, {
      lanes: lanes ?? facesOptions.lanes ?? Math.min(MOST_LANES, availableParallelism()),
      ...(untilEmpty === undefined ? {} : { untilEmpty }),
      ...(signal === undefined ? {} : { signal }),
      ...(onFailure === undefined ? {} : { onFailure }),
    });
  } finally {
    await queue.close();
  }
}
