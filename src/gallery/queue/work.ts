/** Takes the jobs of a queue, one lane beside another. */
import { setTimeout } from 'node:timers/promises';
import type PgBoss from 'pg-boss';
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkSignal,
  typeError,
} from '../../arguments.js';
import { codeOf, messageOf } from '../../errors.js';
import { type EnrollJob, jobOf, readableJobOf } from './enroll-job.js';
import { repeatingAnything, repeatingPatiently } from './repeating.js';

const POLL_MS = 500;
const MOST_LANES = 64;

/** Options of `work()`. */
export interface WorkOptions {
  /** Jobs at a time, 1 to 64; default 1, in `runWorker()` the cores, at most 4. */
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

/** What no other try mends: the fault of the picture, or of the job's options. */
const FAILURES_OF_JOBS: readonly string[] = [
  'ERR_NO_FACE',
  'ERR_MULTIPLE_FACES',
  'ERR_IMAGE_DECODE',
  'ERR_IMAGE_TOO_LARGE',
  'ERR_EMBEDDING_MISMATCH',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_OUT_OF_RANGE',
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
  return codes.includes(codeOf(error) ?? '');
}

const WORK_KEYS = ['lanes', 'untilEmpty', 'signal', 'onFailure'];

/** @internal @throws TypeError or RangeError. */
export function checkWorkOptions(
  options: WorkOptions,
  name = 'work() options',
  more: readonly string[] = [],
): WorkOptions {
  const bag = checkOptions(name, options, [...WORK_KEYS, ...more]);
  if (bag.lanes !== undefined) checkInteger('lanes', bag.lanes, 1, MOST_LANES);
  if (bag.untilEmpty !== undefined) checkBoolean('untilEmpty', bag.untilEmpty);
  checkSignal(bag.signal);
  if (bag.onFailure !== undefined && typeof bag.onFailure !== 'function') {
    throw typeError('onFailure', 'a function', bag.onFailure);
  }
  return options;
}

/** @internal A queue, and where its failures go. */
export interface OpenQueue {
  boss: PgBoss;
  name: string;
  failures: string;
}

class Work {
  readonly counts: WorkCounts = { enrolled: 0, present: 0, failed: 0 };
  readonly #queue: OpenQueue;
  readonly #handler: EnrollHandler;
  readonly #options: WorkOptions;

  constructor(queue: OpenQueue, handler: EnrollHandler, options: WorkOptions) {
    this.#queue = queue;
    this.#handler = handler;
    this.#options = options;
  }

  /** Jobs one after another, until the signal fires or none is left. */
  async lane(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const job = await this.#fetch(signal);
      if (job !== undefined) {
        await this.#do(job);
      } else if (this.#options.untilEmpty && (await this.#isEmpty())) {
        return;
      } else {
        await setTimeout(POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The next job, if there is one. */
  async #fetch(signal: AbortSignal): Promise<PgBoss.JobWithMetadata<unknown> | undefined> {
    const { boss, name } = this.#queue;
    const jobs = await repeatingAnything(async () =>
      signal.aborted
        ? []
        : await boss.fetch<unknown>(name, { batchSize: 1, includeMetadata: true }),
    );
    return jobs[0];
  }

  async #isEmpty(): Promise<boolean> {
    const { boss, name } = this.#queue;
    return await repeatingAnything(
      async () => (await boss.getQueueSize(name, { before: 'completed' })) === 0,
    );
  }

  async #do(job: PgBoss.JobWithMetadata<unknown>): Promise<void> {
    const { boss, name } = this.#queue;
    try {
      const { added } = await this.#handler(jobOf(job.data));
      this.counts[added ? 'enrolled' : 'present']++;
    } catch (error) {
      await this.#failed(job, error);
      return;
    }
    // Not completed but deleted: what was enrolled is in the gallery, and nothing of it stays here.
    await repeatingPatiently(() => boss.deleteJob(name, job.id));
  }

  async #failed(job: PgBoss.JobWithMetadata<unknown>, error: unknown): Promise<void> {
    const { boss, name } = this.#queue;
    const failure = { code: codeOf(error), message: messageOf(error) };
    const isJobs = isOneOf(error, FAILURES_OF_JOBS);
    if (isJobs) await this.#putAside(job, failure);
    // For another try, or after the last one to the failures.
    else await repeatingPatiently(() => boss.fail(name, job.id, failure));
    if (isJobs || job.retryCount >= job.retryLimit) {
      this.counts.failed++;
      this.#options.onFailure?.(readableJobOf(job.data), error);
    }
    if (!isJobs && isOneOf(error, FAILURES_OF_WORKERS)) throw error;
  }

  async #putAside({ id, data }: PgBoss.JobWithMetadata<unknown>, error: object): Promise<void> {
    const { boss, name, failures } = this.#queue;
    const own = typeof data === 'object' && data !== null ? data : { data };
    // First this: killed between the two, the job is done again and fails again.
    await repeatingPatiently(() => boss.insert([{ name: failures, data: { ...own, error } }]));
    await repeatingPatiently(() => boss.deleteJob(name, id));
  }
}

/** @internal Gives what became of the jobs. */
export async function workThrough(
  queue: OpenQueue,
  handler: EnrollHandler,
  options: WorkOptions,
): Promise<WorkCounts> {
  const work = new Work(queue, handler, options);
  const broken = new AbortController();
  const signals = [broken.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const lane = async () => {
    try {
      await work.lane(signal);
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
  return work.counts;
}
