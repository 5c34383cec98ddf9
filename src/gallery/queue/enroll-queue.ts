/** Faces to be enrolled, as a durable queue in PostgreSQL: for many pictures and several workers. */
import type PgBoss from 'pg-boss';
import { checkInteger, checkOptions } from '../../arguments.js';
import { checkMany, type Many } from '../../batch.js';
import { MnnFaceError, messageOf } from '../../errors.js';
import { galleryError } from '../postgres/connection.js';
import { locatePostgres } from '../postgres/location.js';
import { dataOf, type EnrollJob, keyOf } from './enroll-job.js';
import { repeating } from './repeating.js';
import {
  checkWorkOptions,
  type EnrollHandler,
  type WorkCounts,
  type WorkOptions,
  workThrough,
} from './work.js';

/** The tables of pg-boss: not the gallery's, which knows nothing of them. */
const QUEUE_SCHEMA = 'mnn_face_queue';
const DEFAULT_EXPIRE_SECONDS = 30;
/** How often one of the workers looks for jobs whose worker has gone. */
const MAINTENANCE_SECONDS = 2;
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
    checkMany('jobs', jobs);
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
   * Takes jobs until the signal fires or, with `untilEmpty`, none is left. A server that is away is
   * waited for, up to a minute.
   *
   * @throws TypeError or RangeError for wrong options; MnnFaceError `ERR_GALLERY` when the server is
   * away for longer; what the handler throws when it is no job's fault (`ERR_GALLERY`, `ERR_MODEL_…`,
   * `ERR_ADDON`, `ERR_OUT_OF_MEMORY`), after the job was given back.
   */
  async work(handler: EnrollHandler, options: WorkOptions = {}): Promise<WorkCounts> {
    checkWorkOptions(options);
    await this.#start();
    const queue = { boss: this.#boss, name: this.#name, failures: this.#failures };
    return await workThrough(queue, handler, options);
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
