/** The subjects of a gallery's file, and how they come by another name. */
import type Database from 'better-sqlite3';
import { firstValue, statement } from './statements.js';

/** @internal */
export function subjectId(database: Database.Database, name: string): number | undefined {
  return firstValue(database, 'SELECT id AS value FROM subject WHERE name = ?', name);
}

/** @internal */
export function ensureSubject(database: Database.Database, name: string): number {
  const known = subjectId(database, name);
  if (known !== undefined) return known;
  const added = statement<[string]>(database, 'INSERT INTO subject (name) VALUES (?)').run(name);
  return Number(added.lastInsertRowid);
}

/** @internal A subject lives as long as it has entries. */
export function removeIfEmpty(database: Database.Database, subject: number): void {
  statement<[number, number]>(
    database,
    'DELETE FROM subject WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entry WHERE subject = ?)',
  ).run(subject, subject);
}

/**
 * Another name for a subject. Where one of that name exists it takes the entries in; equal contents
 * are kept once.
 *
 * @internal
 */
export function giveSubjectName(database: Database.Database, id: number, name: string): void {
  const target = subjectId(database, name);
  if (target === id) return;
  if (target === undefined) {
    statement<[string, number]>(database, 'UPDATE subject SET name = ? WHERE id = ?').run(name, id);
    return;
  }
  statement<[number, number]>(
    database,
    'DELETE FROM entry WHERE subject = ? AND content_hash IN (SELECT content_hash FROM entry WHERE subject = ?)',
  ).run(id, target);
  statement<[number, number]>(database, 'UPDATE entry SET subject = ? WHERE subject = ?').run(
    target,
    id,
  );
  removeIfEmpty(database, id);
}

/** @internal Gives the number of entries that the subject had. */
export function renameSubject(database: Database.Database, from: string, to: string): number {
  const source = subjectId(database, from);
  if (source === undefined) return 0;
  const sql = 'SELECT count(*) AS value FROM entry WHERE subject = ?';
  const count = firstValue(database, sql, source);
  giveSubjectName(database, source, to);
  return count ?? 0;
}
