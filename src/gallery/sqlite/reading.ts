/** What the thread that reads a gallery's file can be asked. Each runs at once, in that thread. */
import { MnnFaceError } from '../../errors.js';
import type { GalleryEntry, SubjectSummary } from '../store.js';
import { bytesOf, dot, vectorOf } from '../vectors.js';
import { type KeptMake, readMake } from './make-row.js';
import type { Session } from './session.js';
import { firstValue, statement } from './statements.js';
import { moved } from './transfer-list.js';

/** @internal Where a reader of the file stands. */
export interface FileState {
  /** Other whenever anybody has written to the file. */
  version: string;
  /** Other whenever all vectors were replaced. */
  generation: string;
  make: KeptMake | undefined;
  lastChange: number;
  readOnly: boolean;
}

/** @internal Vectors in the order of their ids; row by row in `vectors`. */
export interface VectorPage {
  ids: Float64Array;
  subjects: Int32Array;
  vectors: Float32Array;
}

/** @internal Entries that were removed (no subject) or given to another subject. */
export interface Change {
  seq: number;
  id: number;
  subject: number | null;
}

/** @internal An entry, how near it is, and whose. */
export interface Ranked {
  id: number;
  subject: number;
  score: number;
}

/** @internal What a search's result says besides the distance; metadata as JSON. */
export interface Described {
  subject: string;
  source: string | null;
  metadata: string | null;
}

/** @internal An entry on its way between threads, without its vector; metadata as JSON. */
export type EntryRow = Omit<GalleryEntry, 'metadata' | 'embedding'> & { metadata: string | null };

/** @internal Entries, and their vectors one after another, of so many values each. */
export interface EntryPage {
  rows: EntryRow[];
  sizes: Int32Array;
  vectors: Float32Array;
}

interface VectorRow {
  id: number;
  subject: number;
  embedding: Uint8Array;
}

const PAGE = 256;
/** A page of entries with crops ends before: its way to the other thread takes that one's time. */
const PAGE_BYTES = 2 << 20;
const LIST_PAGE = 1000;
let lists = 0;

function damaged(file: string, id: number): MnnFaceError {
  return new MnnFaceError(
    'ERR_GALLERY',
    `The vector of entry ${id} of the gallery ${file} is damaged. Put back a copy of the file, or remove the entry.`,
  );
}

function vectorIn({ file }: Session, { id, embedding }: VectorRow, dimension: number) {
  if (embedding.byteLength === dimension * Float32Array.BYTES_PER_ELEMENT) {
    return vectorOf(embedding);
  }
  throw damaged(file, id);
}

/** @internal */
export function readState({ database, connection, readOnly }: Session): FileState {
  const version = `${connection} ${String(database.pragma('data_version', { simple: true }))}`;
  const make = readMake(database);
  return {
    version,
    generation: `${readOnly ? connection : ''} ${make?.generation ?? 0}`,
    make,
    lastChange: firstValue(database, 'SELECT max(seq) AS value FROM change') ?? 0,
    readOnly,
  };
}

function readVectors(
  session: Session,
  afterId: number,
  limit: number,
  dimension: number,
): VectorPage {
  const rows = statement<[number, number], VectorRow>(
    session.database,
    'SELECT id, subject, embedding FROM entry WHERE id > ? ORDER BY id LIMIT ?',
  ).all(afterId, limit);
  const vectors = new Float32Array(rows.length * dimension);
  const bytes = bytesOf(vectors);
  const size = dimension * Float32Array.BYTES_PER_ELEMENT;
  for (const [i, { id, embedding }] of rows.entries()) {
    if (embedding.byteLength !== size) throw damaged(session.file, id);
    bytes.set(embedding, i * size);
  }
  const ids = Float64Array.from(rows, ({ id }) => id);
  const subjects = Int32Array.from(rows, ({ subject }) => subject);
  return moved({ ids, subjects, vectors }, [ids.buffer, subjects.buffer, vectors.buffer]);
}

function readChanges({ database }: Session, after: number, limit: number): Change[] {
  return statement<[number, number], Change>(
    database,
    `SELECT seq, change.entry AS id, entry.subject AS subject
     FROM change LEFT JOIN entry ON entry.id = change.entry
     WHERE seq > ? ORDER BY seq LIMIT ?`,
  ).all(after, limit);
}

/** Of these entries the nearest of each subject, nearest first. */
function rank(session: Session, ids: readonly number[], probe: Float32Array): Ranked[] {
  const rows = statement<[string], VectorRow>(
    session.database,
    'SELECT id, subject, embedding FROM entry WHERE id IN (SELECT value FROM json_each(?))',
  ).iterate(JSON.stringify(ids));
  const best = new Map<number, Ranked>();
  for (const row of rows) {
    const score = dot(vectorIn(session, row, probe.length), probe);
    const known = best.get(row.subject);
    if (known === undefined || score > known.score) {
      best.set(row.subject, { id: row.id, subject: row.subject, score });
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score || a.id - b.id);
}

function describeEntries({ database }: Session, ids: readonly number[]): (Described | undefined)[] {
  const one = statement<[number], Described>(
    database,
    'SELECT name AS subject, source, metadata FROM entry JOIN subject ON subject.id = entry.subject WHERE entry.id = ?',
  );
  return ids.map((id) => one.get(id));
}

function nearestOf(session: Session, subject: string, probe: Float32Array): Ranked | undefined {
  const rows = statement<[string], VectorRow>(
    session.database,
    'SELECT id, subject, embedding FROM entry WHERE subject = (SELECT id FROM subject WHERE name = ?)',
  ).iterate(subject);
  let nearest: Ranked | undefined;
  for (const row of rows) {
    const score = dot(vectorIn(session, row, probe.length), probe);
    if (nearest === undefined || score > nearest.score) {
      nearest = { id: row.id, subject: row.subject, score };
    }
  }
  return nearest;
}

/** @internal */
export function findEntry(
  { database }: Session,
  subject: string,
  contentHash: string,
): number | undefined {
  return firstValue(
    database,
    'SELECT id AS value FROM entry WHERE subject = (SELECT id FROM subject WHERE name = ?) AND content_hash = ?',
    subject,
    contentHash,
  );
}

function readEntries({ database }: Session, afterId: number, subject: string | null): EntryPage {
  const found = statement<
    { afterId: number; subject?: string },
    EntryRow & { embedding: Uint8Array }
  >(
    database,
    `SELECT entry.id, subject.name AS subject, embedding, content_hash AS contentHash, source,
       metadata, crop.pixels AS crop, enrolled_at AS enrolledAt
     FROM entry JOIN subject ON subject.id = entry.subject LEFT JOIN crop ON crop.entry = entry.id
     WHERE entry.id > @afterId ${subject === null ? '' : 'AND entry.subject = (SELECT id FROM subject WHERE name = @subject)'}
     ORDER BY entry.id LIMIT ${PAGE}`,
  ).iterate(subject === null ? { afterId } : { afterId, subject });
  const rows: EntryRow[] = [];
  const embeddings: Uint8Array[] = [];
  const buffers: ArrayBuffer[] = [];
  let bytes = 0;
  for (const { embedding, ...row } of found) {
    const crop = row.crop === null ? null : new Uint8Array(row.crop);
    rows.push({ ...row, crop });
    embeddings.push(embedding);
    if (crop !== null) buffers.push(crop.buffer);
    bytes += embedding.byteLength + (crop?.byteLength ?? 0) + 2 * (row.metadata?.length ?? 0);
    if (bytes > PAGE_BYTES) break;
  }
  const sizes = Int32Array.from(embeddings, ({ byteLength }) => byteLength >> 2);
  const vectors = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const [i, embedding] of embeddings.entries()) {
    bytesOf(vectors).set(embedding.subarray(0, 4 * (sizes[i] as number)), 4 * at);
    at += sizes[i] as number;
  }
  return moved({ rows, sizes, vectors }, [...buffers, sizes.buffer, vectors.buffer]);
}

/** Keeps all subjects as they are now; gives the number to draw them by, and how many they are. */
function listSubjects({ database, lists: kept }: Session): { list: number; length: number } {
  const all = statement<[], SubjectSummary>(
    database,
    `SELECT name AS subject, count(*) AS entries, min(enrolled_at) AS firstEnrolledAt,
       max(enrolled_at) AS lastEnrolledAt
     FROM entry JOIN subject ON subject.id = entry.subject GROUP BY subject.id ORDER BY name`,
  ).all();
  const list = ++lists;
  kept.set(list, all);
  return { list, length: all.length };
}

function drawSubjects({ lists: kept }: Session, list: number, from: number): SubjectSummary[] {
  const all = kept.get(list) ?? [];
  const page = all.slice(from, from + LIST_PAGE);
  if (from + page.length >= all.length) kept.delete(list);
  return page;
}

function count({ database }: Session): { subjects: number; entries: number } {
  return {
    subjects: firstValue(database, 'SELECT count(*) AS value FROM subject') ?? 0,
    entries: firstValue(database, 'SELECT count(*) AS value FROM entry') ?? 0,
  };
}

/** @internal */
export const READING = {
  readState,
  readVectors,
  readChanges,
  rank,
  describeEntries,
  nearestOf,
  findEntry,
  readEntries,
  listSubjects,
  drawSubjects,
  count,
} as const;
