/** Rows of a gallery in PostgreSQL, to and from what the gallery gives. */
import * as v from 'valibot';
import { MnnFaceError } from '../../errors.js';
import type { GalleryEntry, Metadata, Neighbour, NewEntry, SubjectSummary } from '../store.js';

const MetadataColumn = v.nullable(v.record(v.string(), v.unknown()));

const EntryRow = v.object({
  id: v.number(),
  subject: v.string(),
  content_hash: v.string(),
  embedding: v.string(),
  source: v.nullable(v.string()),
  metadata: MetadataColumn,
  crop: v.nullable(v.instance(Uint8Array)),
  enrolled_at: v.date(),
});

const NeighbourRow = v.object({
  id: v.number(),
  subject: v.string(),
  distance: v.number(),
  source: v.nullable(v.string()),
  metadata: MetadataColumn,
});

const SubjectRow = v.object({
  subject: v.string(),
  entries: v.number(),
  first: v.date(),
  last: v.date(),
});

function read<T extends v.GenericSchema>(schema: T, row: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, row);
  if (result.success) return result.output;
  throw new MnnFaceError(
    'ERR_GALLERY',
    `The gallery's tables hold what mnn-face did not write: ${v.summarize(result.issues)}`,
  );
}

/** @internal As pgvector reads it; the digits of a float survive the way there and back. */
export function vectorText(embedding: Float32Array): string {
  return `[${embedding.join(',')}]`;
}

function vectorOf(text: string): Float32Array {
  return Float32Array.from(text.slice(1, -1).split(','), Number);
}

/** @internal The columns of `entryOf()`. */
export const ENTRY_COLUMNS =
  'id, subject, content_hash, embedding::text AS embedding, source, metadata, crop, enrolled_at';

/** @internal */
export function entryOf(row: unknown): GalleryEntry {
  const { content_hash, embedding, metadata, crop, enrolled_at, ...rest } = read(EntryRow, row);
  return {
    ...rest,
    contentHash: content_hash,
    embedding: vectorOf(embedding),
    metadata: metadata as Metadata | null,
    crop: crop === null ? null : new Uint8Array(crop),
    enrolledAt: enrolled_at.getTime(),
  };
}

/** @internal */
export function neighbourOf(row: unknown): Neighbour {
  const { id, ...rest } = read(NeighbourRow, row);
  // Rounding of floats may leave the distance of equal vectors a little below 0.
  return { ...rest, entry: id, distance: Math.min(2, Math.max(0, rest.distance)) };
}

/** @internal */
export function summaryOf(row: unknown): SubjectSummary {
  const { subject, entries, first, last } = read(SubjectRow, row);
  return {
    subject,
    entries,
    firstEnrolledAt: first.getTime(),
    lastEnrolledAt: last.getTime(),
  };
}

/** @internal Entries as the columns of one `unnest()`. */
export function columnsOf(entries: readonly NewEntry[], keepsCrops: boolean): unknown[][] {
  return [
    entries.map(({ subject }) => subject),
    entries.map(({ contentHash }) => contentHash),
    entries.map(({ embedding }) => vectorText(embedding)),
    entries.map(({ source }) => source),
    entries.map(({ metadata }) => (metadata === null ? null : JSON.stringify(metadata))),
    entries.map(({ crop }) => (crop === null || !keepsCrops ? null : Buffer.from(crop))),
    entries.map(({ enrolledAt }) =>
      enrolledAt === undefined ? null : new Date(enrolledAt).toISOString(),
    ),
  ];
}
