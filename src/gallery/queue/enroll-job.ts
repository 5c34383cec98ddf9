/** Jobs of the queue of enrolments, and how they are kept in it. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { isUint8Array } from 'node:util/types';
import * as v from 'valibot';
import { checkOptions, checkString, typeError } from '../../arguments.js';
import { type CallOptions, resolveDefaults } from '../../options.js';
import { checkMetadata } from '../enrolment.js';
import { checkOneFace, type EnrollOptions, SHAPING_OPTIONS } from '../gallery-options.js';
import type { Metadata } from '../store.js';
import { checkSubject } from '../subject.js';

/** How a job's face is found and embedded; what it does not say, its worker's options say. */
export interface EnrollJobOptions extends Omit<EnrollOptions, 'signal' | 'metadata' | 'source'> {
  /** The embedding model that is meant; a worker with another one refuses the job. */
  embedder?: string;
}

/** A picture to be enrolled: the path of a file that the workers can read, or its bytes. */
export interface EnrollJob {
  subject: string;
  path?: string;
  /** Kept in the database until the job is done; for small pictures. */
  bytes?: Uint8Array;
  metadata?: Metadata | null;
  options?: EnrollJobOptions;
}

const JobData = v.object({
  subject: v.string(),
  path: v.optional(v.string()),
  bytes: v.optional(v.string()),
  metadata: v.nullable(v.record(v.string(), v.unknown())),
  options: v.optional(v.record(v.string(), v.unknown())),
});
/** @internal A job as JSON. */
export type JobData = v.InferOutput<typeof JobData>;

const JOB_KEYS = ['subject', 'path', 'bytes', 'metadata', 'options'];
let check: ((call: CallOptions) => unknown) | undefined;

/** The options as they will come back out of JSON. */
function checkJobOptions(value: unknown): EnrollJobOptions | undefined {
  const bag = checkOptions('job.options', value, [...SHAPING_OPTIONS, 'embedder']);
  const { embedder, maxFaces, ...rest } = bag;
  if (embedder !== undefined) checkString('job.options.embedder', embedder);
  checkOneFace(bag.faces);
  const { embedder: _, ...call } = bag;
  check ??= resolveDefaults({}).forCall;
  check(call);
  // Infinity, the default, is no number of JSON's.
  const finite =
    maxFaces === undefined || maxFaces === Number.POSITIVE_INFINITY ? {} : { maxFaces };
  const own = { ...rest, ...finite, ...(embedder !== undefined && { embedder }) };
  return Object.keys(own).length === 0 ? undefined : (own as EnrollJobOptions);
}

/** @internal @throws TypeError or RangeError for a job that makes no sense. */
export function dataOf(job: EnrollJob): JobData {
  const { path, bytes } = checkOptions('job', job, JOB_KEYS) as unknown as EnrollJob;
  const subject = checkSubject('job.subject', job.subject);
  if ((path === undefined) === (bytes === undefined)) {
    throw new TypeError('A job must have either a path or bytes.');
  }
  if (bytes !== undefined && !isUint8Array(bytes)) throw typeError('job.bytes', 'bytes', bytes);
  const options = checkJobOptions(job.options);
  return {
    subject,
    metadata: checkMetadata(job.metadata),
    ...(path === undefined ? {} : { path: resolve(checkString('job.path', path)) }),
    ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString('base64') }),
    ...(options === undefined ? {} : { options: options as Record<string, unknown> }),
  };
}

/** @internal @throws TypeError for what is no job. */
export function jobOf(data: unknown): EnrollJob {
  const result = v.safeParse(JobData, data);
  if (!result.success) {
    const [issue] = result.issues;
    const error = new TypeError(
      `A job of the queue is malformed (${v.getDotPath(issue) ?? 'data'}: ${issue.message}): it was not put there by this mnn-face.`,
    );
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
  }
  const { bytes, path, options, ...rest } = result.output;
  return {
    ...rest,
    ...(path === undefined ? {} : { path }),
    ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes, 'base64') }),
    ...(options === undefined ? {} : { options: options as EnrollJobOptions }),
  };
}

/** @internal What can be told of a job that may be malformed. */
export function readableJobOf(data: unknown): EnrollJob {
  try {
    return jobOf(data);
  } catch {
    const { subject, path } = (typeof data === 'object' && data !== null ? data : {}) as JobData;
    return {
      subject: typeof subject === 'string' ? subject : '(a malformed job)',
      ...(typeof path === 'string' && { path }),
    };
  }
}

/** @internal Names a job: while one of the name waits, the same is not put beside it. */
export function keyOf({ subject, path, bytes, options }: JobData): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, path ?? null, bytes ?? null, options ?? null]))
    .digest('hex');
}
