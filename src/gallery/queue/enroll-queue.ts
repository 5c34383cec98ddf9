/** Faces to be enrolled, as a durable queue in PostgreSQL: for many pictures and several workers. */
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import type PgBoss from 'pg-boss';
import { checkInteger, checkOptions } from '../../arguments.js';
import type { Many } from '../../batch.js';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';
import { galleryError, mayPass, RETRY } from '../postgres/connection.js';
import { locatePostgres } from '../postgres/location.js';
import { dataOf, type EnrollJob, jobOf, keyOf } from './enroll-job.js';

/** The tables of pg-boss: not the gallery's, which knows nothing of them. */
const QUEUE_SCHEMA = 'mnn_face_queue';
const DEFAULT_EXPIRE_SECONDS = 30;
/** How often one of the workers looks for jobs whose worker has gone. */
const MAINTENANCE_SECONDS = 2;
const POLL_MS = 500;
const RETRY_LIMIT = 5;
/** pg-boss puts away what waited for longer. */
const RETENTION_MINUTES = 365 * 24 * 60;
const SEND_AT_ONCE = 500;

/** Options of `enrollQueue()`. */
export interface EnrollQueueOptions {
  /** As of `postgresGalleryStore()`. Each gallery has a queue of its own. */
  connectionString: string;
  schema?: string;
  /**
   * How long a worker may take for one job, 1 to 3600 seconds; default 30. A job that takes longer,
   * or whose worker was killed, is given to another worker, at most about 5 seconds later.
   */
  expireSeconds?: number;
}

/** Options of `work()`. */
export interface WorkOptions {
  /** Jobs at a time; default 1, in `runWorker()` the cores, at most 4. */
  lanes?: number;
  /** End when no job is left, not even in another worker's hands. */
  untilEmpty?: boolean;
  /** Ends the work after the jobs in hand. */
  signal?: AbortSignal;
  /** Told of jobs that failed for good. */
  onFailure?: (job: EnrollJob, error: unknown) => void;
}

/** What became of the jobs of one `work()`. */
export interface WorkCounts {
  enrolled: number;
  /** The subject had that picture already. */
  present: number;
  /** Put into the queue of failures, for example for want of a face. */
  failed: number;
}

/** @internal Enrols one picture; must be able to do it twice. */
export type EnrollHandler = (job: EnrollJob) => Promise<{ added: boolean }>;

/** What no other try mends: the picture's fault. */
const FAILURES_OF_PICTURES: readonly string[] = [
  'ERR_NO_FACE',
  'ERR_MULTIPLE_FACES',
  'ERR_IMAGE_DECODE',
  'ERR_IMAGE_TOO_LARGE',
];

/** What is no job's fault: every other would fail by it, so that the worker must end. */
const FAILURES_OF_WORKERS: readonly string[] = [
  'ERR_GALLERY',
  'ERR_CLOSED',
  'ERR_ADDON',
  'ERR_MODEL_MISSING',
  'ERR_MODEL_CHECKSUM',
  'ERR_MODEL_INVALID',
  'ERR_MODEL_UNSUPPORTED',
  'ERR_OUT_OF_MEMORY',
];

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof MnnFaceError && codes.includes(error.code);
}

function loadBoss(): typeof PgBoss {
  try {
    return require('pg-boss') as typeof PgBoss;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `A queue of enrolments needs the package pg-boss, which is not installed: run "npm install pg-boss@10". (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/** For statements that may be done twice. */
async function repeating<T>(work: () => Promise<T>): Promise<T> {
  return await pRetry(async () => {
    try {
      return await work();
    } catch (error) {
      throw mayPass(error) ? galleryError(error) : new pRetry.AbortError(galleryError(error));
    }
  }, RETRY);
}

/** A queue of enrolments; `close()` it. */
export class EnrollQueue {
  readonly #boss: PgBoss;
  readonly #name: string;
  readonly #expireSeconds: number;
  #started: Promise<void> | undefined;

  /** @internal */
  constructor(connectionString: string, schema: string, expireSeconds: number) {
    const Boss = loadBoss();
    this.#boss = new Boss({
      connectionString,
      schema: QUEUE_SCHEMA,
      application_name: 'mnn-face-queue',
      schedule: false,
      maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
    });
    // Maintenance fails while the server is away; it is done again, and what we ask for ourselves
    // throws.
    this.#boss.on('error', () => {});
    this.#name = `enroll-${schema}`;
    this.#expireSeconds = expireSeconds;
  }

  /** Puts jobs into the queue, where they outlive this process; equal ones that wait, once. */
  async send(jobs: Many<EnrollJob>): Promise<number> {
    await this.#start();
    let sent = 0;
    let batch: PgBoss.JobInsert[] = [];
    const flush = async () => {
      const ready = batch;
      batch = [];
      await repeating(() => this.#boss.insert(ready));
      sent += ready.length;
    };
    for await (const job of jobs) {
      const data = dataOf(job);
      batch.push({
        name: this.#name,
        data,
        singletonKey: keyOf(data),
        expireInSeconds: this.#expireSeconds,
      });
      if (batch.length === SEND_AT_ONCE) await flush();
    }
    if (batch.length > 0) await flush();
    return sent;
  }

  /**
   * Takes jobs until the signal fires or, with `untilEmpty`, none is left.
   *
   * @throws What the handler throws when it is no job's fault (MnnFaceError `ERR_GALLERY`, `ERR_MODEL_…`,
   * `ERR_ADDON`, `ERR_OUT_OF_MEMORY`), after the job was given back.
   */
  async work(handler: EnrollHandler, options: WorkOptions = {}): Promise<WorkCounts> {
    await this.#start();
    const counts: WorkCounts = { enrolled: 0, present: 0, failed: 0 };
    const broken = new AbortController();
    const signals = [broken.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const signal = AbortSignal.any(signals);
    const lane = async () => {
      try {
        await this.#lane(handler, options, counts, signal);
      } catch (error) {
        broken.abort();
        throw error;
      }
    };
    const lanes = Array.from({ length: options.lanes ?? 1 }, lane);
    // All of them: jobs in hand are finished also when another lane has broken.
    for (const outcome of await Promise.allSettled(lanes)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    return counts;
  }

  /** Jobs that wait or are in hand, and those that failed for good. */
  async counts(): Promise<{ waiting: number; active: number; failed: number }> {
    await this.#start();
    return await repeating(async () => {
      const waiting = await this.#boss.getQueueSize(this.#name, { before: 'active' });
      const open = await this.#boss.getQueueSize(this.#name, { before: 'completed' });
      const failed = await this.#boss.getQueueSize(this.#failures, { before: 'completed' });
      return { waiting, active: Math.max(0, open - waiting), failed };
    });
  }

  async close(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await this.#boss.stop({ graceful: false });
  }

  get #failures(): string {
    return `${this.#name}-failures`;
  }

  async #start(): Promise<void> {
    this.#started ??= (async () => {
      try {
        await this.#boss.start();
        const kept = { retentionMinutes: RETENTION_MINUTES };
        await this.#boss.createQueue(this.#failures, { name: this.#failures, ...kept });
        await this.#boss.createQueue(this.#name, {
          name: this.#name,
          policy: 'short',
          retryLimit: RETRY_LIMIT,
          deadLetter: this.#failures,
          ...kept,
        });
      } catch (error) {
        throw galleryError(error);
      }
    })();
    await this.#started;
  }

  async #lane(
    handler: EnrollHandler,
    options: WorkOptions,
    counts: WorkCounts,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const [job] = await this.#boss.fetch<unknown>(this.#name, {
        batchSize: 1,
        includeMetadata: true,
      });
      if (job !== undefined) {
        await this.#do(job, handler, options, counts);
      } else if (options.untilEmpty && (await this.#isEmpty())) {
        return;
      } else {
        await setTimeout(POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #isEmpty(): Promise<boolean> {
    return await repeating(
      async () => (await this.#boss.getQueueSize(this.#name, { before: 'completed' })) === 0,
    );
  }

  async #do(
    { id, data, retryCount, retryLimit }: PgBoss.JobWithMetadata<unknown>,
    handler: EnrollHandler,
    { onFailure }: WorkOptions,
    counts: WorkCounts,
  ): Promise<void> {
    try {
      const { added } = await handler(jobOf(data));
      counts[added ? 'enrolled' : 'present']++;
    } catch (error) {
      const failure = { code: codeOf(error), message: messageOf(error) };
      const isPictures = isOneOf(error, FAILURES_OF_PICTURES);
      if (isPictures || retryCount >= retryLimit) {
        counts.failed++;
        onFailure?.(jobOf(data), error);
      }
      if (!isPictures) {
        // For another try, or after the last one to the failures.
        await repeating(() => this.#boss.fail(this.#name, id, failure));
        if (isOneOf(error, FAILURES_OF_WORKERS)) throw error;
        return;
      }
      const kept = { ...dataOf(jobOf(data)), error: failure };
      // First this: killed between the two, the job is done again and fails again.
      await repeating(() => this.#boss.insert([{ name: this.#failures, data: kept }]));
    }
    // Not completed but deleted: what was enrolled is in the gallery, and nothing of it stays here.
    await repeating(() => this.#boss.deleteJob(this.#name, id));
  }
}

/**
 * The queue of a gallery's enrolments. Needs the packages `pg` and `pg-boss` 10.
 *
 * @throws MnnFaceError `ERR_GALLERY` when they are not installed; TypeError or RangeError for wrong
 * options.
 */
export function enrollQueue(options: EnrollQueueOptions): EnrollQueue {
  const bag = checkOptions('enrollQueue() options', options, [
    'connectionString',
    'schema',
    'expireSeconds',
  ]);
  const { connectionString, schema } = locatePostgres(bag.connectionString, bag.schema);
  const expireSeconds =
    bag.expireSeconds === undefined
      ? DEFAULT_EXPIRE_SECONDS
      : checkInteger('expireSeconds', bag.expireSeconds, 1, 3600);
  return new EnrollQueue(connectionString, schema, expireSeconds);
}
