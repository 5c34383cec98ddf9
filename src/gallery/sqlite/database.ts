/** Opens a gallery's file to read and write it. */
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { codeOf, MnnFaceError } from '../../errors.js';
import { loadSqliteDriver } from '../../sqlite-driver.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

/** Faces are personal data: a new file is its owner's alone. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function checkFile(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${file} is a folder. Name the gallery's file, for example one in that folder.`,
    );
  }
  if (!existsSync(dirname(file))) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `The gallery ${file} cannot be made: there is no folder ${dirname(file)}. Make it first.`,
    );
  }
}

/** @internal Throws when the file is no gallery, or one of a newer mnn-face. */
export function checkedVersion(database: Database.Database, file: string): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  const tables = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID && tables !== 0) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${file} is another program's database (or a cache), not a gallery of mnn-face. Use another file.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `The gallery ${file} has schema version ${version}; this mnn-face knows ${MIGRATIONS.length}. Update mnn-face.`,
    );
  }
  return version;
}

/** @internal */
export function migrate(database: Database.Database, file: string): void {
  const step = database.transaction(() => {
    const version = checkedVersion(database, file);
    if (version === MIGRATIONS.length) return;
    for (const migration of MIGRATIONS.slice(version)) {
      if (typeof migration === 'string') database.exec(migration);
      else migration(database);
    }
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
  });
  // Immediate: of two processes that find a new file, the second waits and finds it made.
  step.immediate();
}

/** @internal */
export function connect(file: string, options: { readonly?: boolean } = {}): Database.Database {
  const Driver = loadSqliteDriver('ERR_GALLERY', 'A gallery in a file');
  // Locks are not waited for in here: see `whenFree()`.
  return new Driver(file, { timeout: 0, ...options });
}

/** @internal Makes the file where it is not there. One that cannot be used is left as it is. */
export function openForWriting(file: string): Database.Database {
  checkFile(file);
  createPrivately(file);
  // SQLite would open it all the same, to read it, and leave files beside it.
  accessSync(file, constants.W_OK);
  const database = connect(file);
  try {
    // Before anything is written: the file may be another's.
    database.pragma('schema_version');
    database.pragma('foreign_keys = ON');
    // What is removed is overwritten.
    database.pragma('secure_delete = ON');
    migrate(database, file);
    database.pragma('journal_mode = WAL');
    // What was acknowledged outlives a power cut.
    database.pragma('synchronous = FULL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @internal Brings the log into the file and empties it; throws while a reader needs it. */
export function emptyLog(database: Database.Database): void {
  const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (result?.busy === 0) return;
  throw Object.assign(new Error('A reader holds the log of the file.'), { code: 'SQLITE_BUSY' });
}
