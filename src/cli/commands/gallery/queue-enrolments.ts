/** `enroll --queue`: leaves the pictures to workers (`mnn-face worker`). */
import { resolve } from 'node:path';
import { MnnFaceError } from '../../../errors.js';
import { defaultGallery } from '../../../gallery/default-location.js';
import { isPostgres } from '../../../gallery/open-store.js';
import type { EnrollJobOptions } from '../../../gallery/queue/enroll-job.js';
import { EXIT } from '../../exit.js';
import { queueEnrolments } from '../queue.js';
import type { EnrollCliOptions } from './enroll.js';
import type { Task } from './pictures.js';

/** What is the workers' to say, and by which option. */
const WORKERS_OPTIONS = {
  models: '--models',
  cache: '--cache',
  lanes: '--lanes',
  threads: '--threads',
} as const;

function checkOptions(options: EnrollCliOptions): void {
  for (const [key, flag] of Object.entries(WORKERS_OPTIONS)) {
    if (options[key as keyof typeof WORKERS_OPTIONS] === undefined) continue;
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${flag} is about the computer that embeds: with --queue, give it to mnn-face worker.`,
    );
  }
  if (options.keepCrops) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      '--keep-crops is for a new gallery, which workers do not begin with crops: enrol one picture without --queue first.',
    );
  }
}

/** How faces are to be found and embedded, as a job carries it. */
function jobOptionsOf(options: EnrollCliOptions): EnrollJobOptions {
  const {
    gallery: _gallery,
    from: _from,
    keepCrops: _keepCrops,
    queue: _queue,
    json: _json,
    annotate: _annotate,
    models: _models,
    cache: _cache,
    lanes: _lanes,
    threads: _threads,
    threshold: _threshold,
    far: _far,
    lowMemory,
    landmarks,
    faces,
    ...shaping
  } = options;
  return {
    ...(lowMemory && { detector: 'slim-320' as const }),
    ...shaping,
    ...(landmarks !== undefined && {
      landmarks: landmarks === 'none' ? (false as const) : landmarks,
    }),
    ...(faces !== undefined && faces !== 'all' && { faces }),
  };
}

export async function queueTasks(
  tasks: readonly Task[],
  options: EnrollCliOptions,
): Promise<number> {
  const { gallery = defaultGallery(), json } = options;
  if (!isPostgres(gallery)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `A queue needs a gallery in PostgreSQL; this one is ${gallery}. Give --gallery postgres://…, or leave --queue away.`,
    );
  }
  checkOptions(options);
  const own = jobOptionsOf(options);
  // Workers may run in other folders.
  const jobs = tasks.map(({ subject, file }) => ({ subject, path: resolve(file), options: own }));
  const queued = await queueEnrolments(gallery, jobs);
  if (json) console.log(JSON.stringify({ queued }));
  else console.log(`${queued} queued; mnn-face worker --gallery … enrols them`);
  return EXIT.ok;
}
