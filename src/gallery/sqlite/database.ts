/** Opens a gallery's SQLite file, and says what is wrong with it. */
import { closeSync, openSync } from 'node:fs';
import type Database from 'better-sqlite3';
import pRetry from 'p-retry';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';
import { loadSqliteDriver } from '../../sqlite-driver.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

/** How long a lock is waited for on the event loop; after that, off it. */
const BUSY_TIMEOUT_MS = 20;
/** Some ten seconds in all. */
const RETRIES = { retries: 60, minTimeout: 10, factor: 1.5, maxTimeout: 200, randomize: true };

/** The error as an `MnnFaceError`, with what to do. */
function explain(file: string, error: unknown): unknown {
  if (error instanceof MnnFaceError) return error;
  if (error instanceof TypeError) {
    return /connection is not open/.test(error.message) ? closedError(error) : error;
  }
  const code = codeOf(error) ?? '';
  const options = { cause: error };
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new MnnFaceError(
      'ERR_GALLERY',
      `The gallery ${file} is damaged (${messageOf(error)}). It was left as it is: put back a copy of it, or begin a new file and import an export.`,
      options,
    );
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return new MnnFaceError(
      'ERR_GALLERY',
      `${file} is no gallery and no database at all, or it is damaged. It was left as it is; use another file, or put back a copy.`,
      options,
    );
  }
  if (isBusy(error)) {
    return new MnnFaceError(
      'ERR_GALLERY',
      `The gallery ${file} was locked by another process for too long. Nothing was changed; try again.`,
      options,
    );
  }
  return new MnnFaceError(
    'ERR_GALLERY',
    `The gallery ${file} cannot be used: ${messageOf(error)}`,
    options,
  );
}

/** @internal */
export function closedError(cause?: unknown): MnnFaceError {
  return new MnnFaceError('ERR_CLOSED', 'The gallery is closed. Open it again.', { cause });
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** @internal Does the work; while another process has the file locked, again and again. */
export async function whenFree<T>(file: string, work: () => T): Promise<T> {
  try {
    return await pRetry(() => {
      try {
        return work();
      } catch (error) {
        if (isBusy(error)) throw error;
        throw new pRetry.AbortError(error instanceof Error ? error : new Error(messageOf(error)));
      }
    }, RETRIES);
  } catch (error) {
    throw explain(file, error);
  }
}

/** Faces are personal data: a new file is its owner's alone. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function migrate(database: Database.Database, file: string): void {
  const step = database.transaction(() => {
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
    if (version === MIGRATIONS.length) return;
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
  });
  // Immediate: of two processes that find a new file, the second waits and finds it made.
  step.immediate();
}

/** @internal Throws ERR_GALLERY. A file that cannot be used is left as it is. */
export async function openGalleryFile(file: string): Promise<Database.Database> {
  const Driver = loadSqliteDriver('ERR_GALLERY', 'A gallery in a file');
  return await whenFree(file, () => {
    createPrivately(file);
    const database = new Driver(file, { timeout: BUSY_TIMEOUT_MS });
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
  });
}

/** @internal Brings the log into the file and empties it; throws while a reader needs it. */
export function emptyLog(database: Database.Database): void {
  const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (result?.busy === 0) return;
  throw Object.assign(new Error('A reader holds the log of the file.'), { code: 'SQLITE_BUSY' });
}
