/** The statements of a gallery's file. They run at once; transactions are their caller's. */
import type Database from 'better-sqlite3';
import { MnnFaceError } from '../../errors.js';
import type {
  AddedEntry,
  GalleryEntry,
  GalleryMake,
  Metadata,
  NewEntry,
  SubjectSummary,
} from '../store.js';
import { bytesOf } from './vector-matrix.js';

/** @internal What the file was made with, and how often all its vectors were replaced. */
export interface KeptMake extends GalleryMake {
  keepsCrops: boolean;
  generation: number;
}

interface EntryRow {
  id: number;
  subject: string;
  embedding: Uint8Array;
  contentHash: string;
  source: string | null;
  metadata: string | null;
  crop: Uint8Array | null;
  enrolledAt: number;
}

/** @internal */
export interface VectorRow {
  id: number;
  subject: number;
  embedding: Uint8Array;
}

/** @internal */
export interface Described {
  subject: string;
  source: string | null;
  metadata: Metadata | null;
}

const PAGE = 256;

/** @internal The values of a vector as the file keeps it. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  const vector = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  bytesOf(vector).set(bytes);
  return vector;
}

function metadataOf(text: string | null): Metadata | null {
  return text === null ? null : (JSON.parse(text) as Metadata);
}

/** @internal */
export function readMake(database: Database.Database): KeptMake | undefined {
  const row = database
    .prepare<[], GalleryMake & { keepsCrops: number; generation: number }>(
      'SELECT model, fingerprint, dimension, keeps_crops AS keepsCrops, generation FROM make',
    )
    .get();
  return row === undefined ? undefined : { ...row, keepsCrops: row.keepsCrops !== 0 };
}

/** @internal */
export function writeMake(database: Database.Database, make: KeptMake): void {
  database
    .prepare(
      'INSERT OR REPLACE INTO make (one, model, fingerprint, dimension, keeps_crops, generation) VALUES (1, ?, ?, ?, ?, ?)',
    )
    .run(make.model, make.fingerprint, make.dimension, make.keepsCrops ? 1 : 0, make.generation);
}

function subjectId(database: Database.Database, name: string): number | undefined {
  return database
    .prepare<[string], number>('SELECT id FROM subject WHERE name = ?')
    .pluck()
    .get(name);
}

function ensureSubject(database: Database.Database, name: string): number {
  const known = subjectId(database, name);
  if (known !== undefined) return known;
  return Number(
    database.prepare('INSERT INTO subject (name) VALUES (?)').run(name).lastInsertRowid,
  );
}

/** @internal */
export function findEntry(
  database: Database.Database,
  subject: string,
  contentHash: string,
): number | undefined {
  return database
    .prepare<[string, string], number>(
      'SELECT id FROM entry WHERE subject = (SELECT id FROM subject WHERE name = ?) AND content_hash = ?',
    )
    .pluck()
    .get(subject, contentHash);
}

/** @internal */
export function addEntry(database: Database.Database, entry: NewEntry, now: number): AddedEntry {
  const known = findEntry(database, entry.subject, entry.contentHash);
  if (known !== undefined) return { id: known, added: false };
  const { lastInsertRowid } = database
    .prepare(
      'INSERT INTO entry (subject, content_hash, enrolled_at, embedding, source, metadata) VALUES (?, ?, ?, ?, ?, ?)',
    )
    .run(
      ensureSubject(database, entry.subject),
      entry.contentHash,
      now,
      bytesOf(entry.embedding),
      entry.source,
      entry.metadata === null ? null : JSON.stringify(entry.metadata),
    );
  const id = Number(lastInsertRowid);
  if (entry.crop !== null) {
    database.prepare('INSERT INTO crop (entry, pixels) VALUES (?, ?)').run(id, entry.crop);
  }
  return { id, added: true };
}

/** @internal Entries of a subject, or the one that is named; the last takes the subject along. */
export function removeEntries(
  database: Database.Database,
  subject: string,
  entry: number | undefined,
): number {
  const id = subjectId(database, subject);
  if (id === undefined) return 0;
  const { changes } =
    entry === undefined
      ? database.prepare('DELETE FROM entry WHERE subject = ?').run(id)
      : database.prepare('DELETE FROM entry WHERE subject = ? AND id = ?').run(id, entry);
  removeIfEmpty(database, id);
  return changes;
}

function removeIfEmpty(database: Database.Database, subject: number): void {
  database
    .prepare(
      'DELETE FROM subject WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entry WHERE subject = ?)',
    )
    .run(subject, subject);
}

/** @internal */
export function renameSubject(database: Database.Database, from: string, to: string): number {
  const source = subjectId(database, from);
  if (source === undefined) return 0;
  const count =
    database
      .prepare<[number], number>('SELECT count(*) FROM entry WHERE subject = ?')
      .pluck()
      .get(source) ?? 0;
  const target = subjectId(database, to);
  if (target === source) return count;
  if (target === undefined) {
    database.prepare('UPDATE subject SET name = ? WHERE id = ?').run(to, source);
    return count;
  }
  database
    .prepare(
      'DELETE FROM entry WHERE subject = ? AND content_hash IN (SELECT content_hash FROM entry WHERE subject = ?)',
    )
    .run(source, target);
  database.prepare('UPDATE entry SET subject = ? WHERE subject = ?').run(target, source);
  removeIfEmpty(database, source);
  return count;
}

/** @internal A page of entries in the order of their ids. */
export function readEntries(
  database: Database.Database,
  afterId: number,
  subject: string | undefined,
): GalleryEntry[] {
  const rows = database
    .prepare<{ afterId: number; subject: string | null }, EntryRow>(
      `SELECT entry.id, subject.name AS subject, embedding, content_hash AS contentHash, source,
         metadata, crop.pixels AS crop, enrolled_at AS enrolledAt
       FROM entry JOIN subject ON subject.id = entry.subject LEFT JOIN crop ON crop.entry = entry.id
       WHERE entry.id > @afterId ${subject === undefined ? '' : 'AND entry.subject = (SELECT id FROM subject WHERE name = @subject)'}
       ORDER BY entry.id LIMIT ${PAGE}`,
    )
    .all({ afterId, subject: subject ?? null });
  return rows.map((row) => ({
    ...row,
    embedding: vectorOf(row.embedding),
    metadata: metadataOf(row.metadata),
  }));
}

/** @internal What a search's result says besides the distance. */
export function describeEntry(database: Database.Database, id: number): Described | undefined {
  const row = database
    .prepare<[number], { subject: string; source: string | null; metadata: string | null }>(
      'SELECT name AS subject, source, metadata FROM entry JOIN subject ON subject.id = entry.subject WHERE entry.id = ?',
    )
    .get(id);
  return row === undefined ? undefined : { ...row, metadata: metadataOf(row.metadata) };
}

/** @internal */
export function summarise(database: Database.Database): SubjectSummary[] {
  return database
    .prepare<[], SubjectSummary>(
      `SELECT name AS subject, count(*) AS entries, min(enrolled_at) AS firstEnrolledAt,
         max(enrolled_at) AS lastEnrolledAt
       FROM entry JOIN subject ON subject.id = entry.subject GROUP BY subject.id ORDER BY name`,
    )
    .all();
}

/** @internal Puts the vectors of the table temp.replacement in place; all entries must be in it. */
export function takeReplacements(database: Database.Database, file: string): number {
  const missing = database
    .prepare<[], number>(
      'SELECT count(*) FROM entry WHERE id NOT IN (SELECT id FROM temp.replacement)',
    )
    .pluck()
    .get();
  if (missing !== 0) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${String(missing)} entries of the gallery ${file} have no new vector: they were enrolled meanwhile, or have no crop. Nothing was changed; try again.`,
    );
  }
  return database
    .prepare(
      'UPDATE entry SET embedding = (SELECT embedding FROM temp.replacement WHERE id = entry.id)',
    )
    .run().changes;
}
