/** The tables of a gallery's file, version by version. */
import type Database from 'better-sqlite3';
import { NAMELESS, normalName } from '../subject.js';
import { giveSubjectName } from './subjects.js';

/** `application_id` of a gallery's file: "mnfg". */
export const APPLICATION_ID = 0x6d6e6667;

/** Names of one person become one name: see `normalName()`. */
function normaliseSubjects(database: Database.Database): void {
  const subjects = database
    .prepare<[], { id: number; name: string }>('SELECT id, name FROM subject ORDER BY id')
    .all();
  for (const { id, name } of subjects) {
    const normal = normalName(name) || NAMELESS;
    if (normal !== name) giveSubjectName(database, id, normal);
  }
}

/**
 * What brings a file from one version to the next; a file's `user_version` is the number of steps
 * it has taken. Steps are only ever added.
 *
 * Crops stand apart, so that reading all vectors does not read them. Vectors and metadata stay out
 * of the index of contents. `change` names the entries that were removed or given to another
 * subject: with it, and with ids that only grow, other processes read no more than what is new.
 */
export const MIGRATIONS: readonly (string | ((database: Database.Database) => void))[] = [
  `
  CREATE TABLE make (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    model TEXT NOT NULL, fingerprint TEXT NOT NULL, dimension INTEGER NOT NULL,
    keeps_crops INTEGER NOT NULL,
    generation INTEGER NOT NULL
  );
  CREATE TABLE subject (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject INTEGER NOT NULL REFERENCES subject (id),
    content_hash TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    embedding BLOB NOT NULL,
    source TEXT,
    metadata TEXT,
    UNIQUE (subject, content_hash)
  );
  CREATE TABLE crop (
    entry INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE, pixels BLOB NOT NULL
  );
  CREATE TABLE change (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry INTEGER NOT NULL);
  CREATE TRIGGER entry_removed AFTER DELETE ON entry
    BEGIN INSERT INTO change (entry) VALUES (old.id); END;
  CREATE TRIGGER entry_moved AFTER UPDATE OF subject ON entry
    BEGIN INSERT INTO change (entry) VALUES (old.id); END;
  `,
  normaliseSubjects,
];
