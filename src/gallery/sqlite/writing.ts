/** What the thread that writes a gallery's file can be asked. Each is one transaction, or none. */
import { MnnFaceError } from '../../errors.js';
import { checkMake } from '../make.js';
import type { GalleryMake, NewEntry } from '../store.js';
import { bytesOf } from '../vectors.js';
import { emptyLog as emptyLogOf } from './database.js';
import { type KeptMake, readMake, writeMake } from './make-row.js';
import { findEntry } from './reading.js';
import type { Session } from './session.js';
import { firstValue, statement } from './statements.js';
import {
  ensureSubject,
  removeIfEmpty,
  renameSubject as renameSubjectIn,
  subjectId,
} from './subjects.js';
import { moved } from './transfer-list.js';

/** @internal An entry on its way between threads, without its vector; metadata as JSON. */
export type NewEntryRow = Omit<NewEntry, 'metadata' | 'embedding'> & { metadata: string | null };

/** @internal Entries, and all their vectors one after another: many small arrays travel slowly. */
export interface EntryBatch {
  rows: readonly NewEntryRow[];
  vectors: Float32Array;
}

/** @internal What became of entries, in their order. */
export interface AddedRows {
  ids: Float64Array;
  /** 1 for what is new. */
  added: Uint8Array;
}

function immediately<T>({ database }: Session, work: () => T): T {
  return database.transaction(work).immediate();
}

/** Throws when another process has replaced all vectors by those of another model. */
function checkStill({ database, file }: Session, make: GalleryMake): void {
  const kept = readMake(database);
  if (kept !== undefined) checkMake(`The gallery ${file}`, kept, make);
}

/** A new file takes this make; of an old one gives what it has. */
function adoptMake(session: Session, make: GalleryMake, keepsCrops: boolean): KeptMake {
  return immediately(session, () => {
    const kept = readMake(session.database);
    if (kept !== undefined) return kept;
    const own = { ...make, keepsCrops, generation: 1 };
    writeMake(session.database, own);
    return own;
  });
}

/** Keeps entries aside until the rest of their transaction comes. */
function stageEntries({ staged }: Session, transaction: number, batch: EntryBatch): void {
  staged.set(transaction, [...(staged.get(transaction) ?? []), batch]);
}

function addEntry(
  { database }: Session,
  entry: NewEntryRow,
  embedding: Uint8Array,
  now: number,
): number {
  const { lastInsertRowid } = statement<(string | number | Uint8Array | null)[]>(
    database,
    'INSERT INTO entry (subject, content_hash, enrolled_at, embedding, source, metadata) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(
    ensureSubject(database, entry.subject),
    entry.contentHash,
    entry.enrolledAt ?? now,
    embedding,
    entry.source,
    entry.metadata,
  );
  const id = Number(lastInsertRowid);
  if (entry.crop !== null) {
    const sql = 'INSERT INTO crop (entry, pixels) VALUES (?, ?)';
    statement<[number, Uint8Array]>(database, sql).run(id, entry.crop);
  }
  return id;
}

/** All of the transaction: what was staged for it, and these. */
function addEntries(
  session: Session,
  make: KeptMake,
  transaction: number,
  last: EntryBatch,
): AddedRows {
  const batches = [...(session.staged.get(transaction) ?? []), last];
  const count = batches.reduce((sum, { rows }) => sum + rows.length, 0);
  const ids = new Float64Array(count);
  const added = new Uint8Array(count);
  const now = Date.now();
  const size = make.dimension * Float32Array.BYTES_PER_ELEMENT;
  immediately(session, () => {
    checkStill(session, make);
    let place = 0;
    for (const { rows, vectors } of batches) {
      const bytes = bytesOf(vectors);
      for (const [i, row] of rows.entries()) {
        const known = findEntry(session, row.subject, row.contentHash);
        const kept = make.keepsCrops ? row : { ...row, crop: null };
        const embedding = bytes.subarray(i * size, (i + 1) * size);
        ids[place] = known ?? addEntry(session, kept, embedding, now);
        added[place++] = known === undefined ? 1 : 0;
      }
    }
  });
  session.staged.delete(transaction);
  return moved({ ids, added }, [ids.buffer, added.buffer]);
}

/** Drops what was staged for a transaction that will not come. */
function dropStaged({ staged }: Session, transaction: number): void {
  staged.delete(transaction);
}

/** Entries of a subject, or the one that is named; the last takes the subject along. */
function removeEntries(session: Session, subject: string, entry: number | undefined): number {
  const { database } = session;
  return immediately(session, () => {
    const id = subjectId(database, subject);
    if (id === undefined) return 0;
    const { changes } =
      entry === undefined
        ? statement<[number]>(database, 'DELETE FROM entry WHERE subject = ?').run(id)
        : statement<[number, number]>(
            database,
            'DELETE FROM entry WHERE subject = ? AND id = ?',
          ).run(id, entry);
    removeIfEmpty(database, id);
    return changes;
  });
}

function renameSubject(session: Session, from: string, to: string): number {
  return immediately(session, () => renameSubjectIn(session.database, from, to));
}

/** Writes the file anew without what was removed. */
function vacuum({ database }: Session): void {
  database.exec('VACUUM');
}

function emptyLog({ database }: Session): void {
  emptyLogOf(database);
}

/** New vectors are kept beside the file first, so that it is locked for a moment only. */
function beginReplacement({ database }: Session): void {
  database.exec('DROP TABLE IF EXISTS temp.replacement');
  database.exec('CREATE TEMP TABLE replacement (id INTEGER PRIMARY KEY, embedding BLOB)');
}

function stageReplacements(
  session: Session,
  vectors: readonly { id: number; embedding: Float32Array }[],
): void {
  const sql = 'INSERT OR REPLACE INTO temp.replacement VALUES (?, ?)';
  const put = statement<[number, Uint8Array]>(session.database, sql);
  immediately(session, () => {
    for (const { id, embedding } of vectors) put.run(id, bytesOf(embedding));
  });
}

/** Puts the new vectors in place, and the new make; every entry must have one. */
function takeReplacements(session: Session, old: KeptMake, make: GalleryMake): number {
  const { database, file } = session;
  const replaced = immediately(session, () => {
    checkStill(session, old);
    const sql =
      'SELECT count(*) AS value FROM entry WHERE id NOT IN (SELECT id FROM temp.replacement)';
    const missing = firstValue(database, sql) ?? 0;
    if (missing !== 0) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `${missing} entries of the gallery ${file} have no new vector: they were enrolled meanwhile, or have no crop. Nothing was changed; try again.`,
      );
    }
    const { changes } = database
      .prepare(
        'UPDATE entry SET embedding = (SELECT embedding FROM temp.replacement WHERE id = entry.id)',
      )
      .run();
    const generation = (readMake(database)?.generation ?? 0) + 1;
    writeMake(database, { ...make, keepsCrops: old.keepsCrops, generation });
    return changes;
  });
  database.exec('DROP TABLE temp.replacement');
  return replaced;
}

/** @internal */
export const WRITING = {
  adoptMake,
  stageEntries,
  addEntries,
  dropStaged,
  removeEntries,
  renameSubject,
  vacuum,
  emptyLog,
  beginReplacement,
  stageReplacements,
  takeReplacements,
} as const;
