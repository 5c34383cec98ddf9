import { renameSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { checkInteger, checkOptions, checkString } from '../arguments.js';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import type { CacheStore } from './store.js';

/** Raised with every change of the tables; a file of another version is not touched. */
const SCHEMA_VERSION = 1;
const DEFAULT_BYTES = 256 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 5_000;
/** A value's time of use is written at most this often: a read should not be a write. */
const TOUCH_AFTER_MS = 60_000;

// The triggers keep the total exact with any number of processes, without summing.
const SCHEMA = `
  CREATE TABLE entries (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX entries_used ON entries (used);
  CREATE TABLE total (bytes INTEGER NOT NULL);
  INSERT INTO total VALUES (0);
  CREATE TRIGGER entry_added AFTER INSERT ON entries
    BEGIN UPDATE total SET bytes = bytes + new.bytes; END;
  CREATE TRIGGER entry_removed AFTER DELETE ON entries
    BEGIN UPDATE total SET bytes = bytes - old.bytes; END;
  CREATE TRIGGER entry_changed AFTER UPDATE OF bytes ON entries
    BEGIN UPDATE total SET bytes = bytes - old.bytes + new.bytes; END;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Options of `sqliteStore()`. */
export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  file: string;
  /** The most that keys and values may take together; default 256 MiB. */
  maxBytes?: number;
}

function loadDriver(): typeof Database {
  try {
    return require('better-sqlite3') as typeof Database;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_CACHE',
      `The SQLite cache needs the package better-sqlite3, which is not installed or not built: ${messageOf(error)} Run "npm install better-sqlite3", or "npm rebuild better-sqlite3".`,
      { cause: error },
    );
  }
}

function isCorrupt(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}

function openDatabase(file: string): Database.Database {
  const Driver = loadDriver();
  let database: Database.Database;
  try {
    database = new Driver(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    if (codeOf(error) === undefined && !(error instanceof TypeError)) throw error;
    if (isCorrupt(error)) throw error;
    throw new MnnFaceError('ERR_CACHE', `Cannot open the cache ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    database.pragma('journal_mode = WAL');
    // A cache may lose its last writes in a power cut; it may not wait for the disk each time.
    database.pragma('synchronous = NORMAL');
    migrate(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function migrate(database: Database.Database, file: string): void {
  const create = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true });
    if (version === SCHEMA_VERSION) return;
    if (version !== 0) {
      throw new MnnFaceError(
        'ERR_CACHE',
        `The cache ${file} has schema version ${String(version)}; this mnn-face knows ${SCHEMA_VERSION}. Use another file.`,
      );
    }
    database.exec(SCHEMA);
  });
  // Immediate: of two processes that find a new file, the second waits and finds it made.
  create.immediate();
}

/** Moves a damaged database out of the way and says so. */
function setAside(file: string, error: unknown): void {
  const aside = `${file}.corrupt-${Date.now()}`;
  for (const suffix of ['', '-wal', '-shm']) {
    try {
      renameSync(file + suffix, aside + suffix);
    } catch (renaming) {
      if (codeOf(renaming) !== 'ENOENT') throw renaming;
    }
  }
  process.emitWarning(
    `The cache ${file} is damaged (${messageOf(error)}). It was moved to ${aside} and a new one was begun.`,
    { code: 'MNN_FACE_CACHE_CORRUPT' },
  );
}

class SqliteStore implements CacheStore {
  readonly #file: string;
  readonly #maxBytes: number;
  #database: Database.Database;
  #closed = false;

  constructor({ file, maxBytes }: Required<SqliteStoreOptions>) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#database = this.#open();
  }

  get(key: string): Uint8Array | undefined {
    return this.#mending(() => {
      const row = this.#database
        .prepare<[string], { value: Uint8Array; used: number }>(
          'SELECT value, used FROM entries WHERE key = ?',
        )
        .get(key);
      if (row === undefined) return undefined;
      const now = Date.now();
      if (now - row.used > TOUCH_AFTER_MS) {
        this.#database.prepare('UPDATE entries SET used = ? WHERE key = ?').run(now, key);
      }
      return row.value;
    });
  }

  set(key: string, value: Uint8Array): void {
    const bytes = value.byteLength + key.length;
    if (bytes > this.#maxBytes) return;
    this.#mending(() => {
      const write = this.#database.transaction(() => {
        this.#database
          .prepare(
            'INSERT INTO entries (key, value, bytes, used) VALUES (?, ?, ?, ?) ' +
              'ON CONFLICT (key) DO UPDATE SET value = excluded.value, bytes = excluded.bytes, used = excluded.used',
          )
          .run(key, value, bytes, Date.now());
        this.#evict();
      });
      write.immediate();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  #total(): number {
    return this.#database.prepare<[], number>('SELECT bytes FROM total').pluck().get() ?? 0;
  }

  /** Removes the values that were used longest ago until the size is kept. */
  #evict(): void {
    while (this.#total() > this.#maxBytes) {
      const { changes } = this.#database
        .prepare(
          'DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used LIMIT 64)',
        )
        .run();
      if (changes === 0) return;
    }
  }

  #open(): Database.Database {
    try {
      return openDatabase(this.#file);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      setAside(this.#file, error);
      return openDatabase(this.#file);
    }
  }

  /** Does the work; on a damaged file begins a new one and does it there. */
  #mending<T>(work: () => T): T {
    if (this.#closed) throw new MnnFaceError('ERR_CLOSED', 'The cache store is closed.');
    try {
      return work();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#database.close();
      setAside(this.#file, error);
      this.#database = openDatabase(this.#file);
      return work();
    }
  }
}

/**
 * A store in one SQLite file (WAL), for several processes at a time. Killing a process at any
 * moment leaves it readable; a damaged file is moved aside with a warning and begun anew.
 *
 * @throws MnnFaceError `ERR_CACHE` when the file cannot be opened or is of another schema version;
 * TypeError or RangeError for wrong options.
 */
export function sqliteStore(options: SqliteStoreOptions): CacheStore {
  const bag = checkOptions('sqliteStore() options', options, ['file', 'maxBytes']);
  return new SqliteStore({
    file: checkString('file', bag.file),
    maxBytes:
      bag.maxBytes === undefined
        ? DEFAULT_BYTES
        : checkInteger('maxBytes', bag.maxBytes, 1, Number.MAX_SAFE_INTEGER),
  });
}
