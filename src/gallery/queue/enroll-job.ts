/** Jobs of the queue of enrolments, and how they are kept in it. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { typeError } from '../../arguments.js';
import type { Metadata } from '../store.js';

/** A picture to be enrolled: the path of a file that the workers can read, or its bytes. */
export interface EnrollJob {
  subject: string;
  path?: string;
  /** Kept in the database until the job is done; for small pictures. */
  bytes?: Uint8Array;
  metadata?: Metadata | null;
}

const JobData = v.object({
  subject: v.string(),
  path: v.optional(v.string()),
  bytes: v.optional(v.string()),
  metadata: v.nullable(v.record(v.string(), v.unknown())),
});
/** @internal A job as JSON. */
export type JobData = v.InferOutput<typeof JobData>;

/** @internal */
export function dataOf({ subject, path, bytes, metadata = null }: EnrollJob): JobData {
  if (typeof subject !== 'string') throw typeError('job.subject', 'a string', subject);
  if ((path === undefined) === (bytes === undefined)) {
    throw new TypeError('A job must have either a path or bytes.');
  }
  return {
    subject,
    metadata,
    ...(path === undefined ? {} : { path: resolve(path) }),
    ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString('base64') }),
  };
}

/** @internal */
export function jobOf(data: unknown): EnrollJob {
  const { bytes, path, ...rest } = v.parse(JobData, data);
  return {
    ...rest,
    ...(path === undefined ? {} : { path }),
    ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes, 'base64') }),
  };
}

/** @internal Names a job: while one of the name waits, the same is not put beside it. */
export function keyOf({ subject, path, bytes }: JobData): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, path ?? null, bytes ?? null]))
    .digest('hex');
}
