import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { checkInteger, checkOptions, checkString } from '../arguments.js';
import { codeOf, MnnFaceError, messageOf } from '../errors.js';
import { loadSqliteDriver } from '../sqlite-driver.js';
import type { CacheStore } from './store.js';

/** Raised with every change of the tables; a file of another version is not touched. */
const SCHEMA_VERSION = 1;
const DEFAULT_BYTES = 256 * 1024 * 1024;
/** A cache waits for no one: while another process writes, a read is a miss and a write is left. */
const BUSY_TIMEOUT_MS = 50;
/** Opening does wait a while: another process may be making the tables. */
const OPENING_TIMEOUT_MS = 2000;
/** Keys looked at between two turns of the event loop. */
const SCANNED_KEYS = 2000;
/** Removing does wait, with turns of the event loop in between. */
const REMOVE_TRIES = 100;
/** `application_id` of our files: "mnfc". */
const APPLICATION_ID = 0x6d6e6663;
const MAGIC = 'SQLite format 3\0';
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
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Options of `sqliteStore()`. */
export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  file: string;
  /** The most that keys and values may take together; default 256 MiB. */
  maxBytes?: number;
}

function isCorrupt(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

function openError(file: string, error: unknown): unknown {
  if (error instanceof MnnFaceError || isCorrupt(error)) return error;
  return new MnnFaceError('ERR_CACHE', `Cannot open the cache ${file}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** Tells files apart, also where one took another's name. */
function identityOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.dev}:${stats.ino}`;
}

/** Results hold embeddings: a new file is its user's alone. SQLite gives -wal and -shm the same mode. */
function createPrivately(file: string): void {
  if (file === '' || file === ':memory:') return;
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch {
    // It is there already, or cannot be made; then the driver says why.
  }
}

function openDatabase(file: string): Database.Database {
  const Driver = loadSqliteDriver('ERR_CACHE', 'The SQLite cache');
  createPrivately(file);
  let database: Database.Database;
  try {
    database = new Driver(file, { timeout: OPENING_TIMEOUT_MS });
  } catch (error) {
    throw openError(file, error);
  }
  try {
    database.pragma('journal_mode = WAL');
    // A cache may lose its last writes in a power cut; it may not wait for the disk each time.
    database.pragma('synchronous = NORMAL');
    // What is removed or replaced is overwritten.
    database.pragma('secure_delete = ON');
    migrate(database, file);
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  } catch (error) {
    database.close();
    throw openError(file, error);
  }
  return database;
}

function migrate(database: Database.Database, file: string): void {
  const create = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true });
    const tables = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
    const application = database.pragma('application_id', { simple: true });
    if (application !== APPLICATION_ID && tables !== 0) {
      throw new MnnFaceError(
        'ERR_CACHE',
        `${file} is another program's database, not a cache of mnn-face. Use another file.`,
      );
    }
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

/** Whether the file is, or by its name was, a database: anything else is the user's own. */
function wasDatabase(file: string): boolean {
  if (/\.(db|sqlite3?|cache)$/i.test(file) || existsSync(`${file}-wal`)) return true;
  const head = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head.toString('latin1') === MAGIC;
}

/** Moves a damaged database out of the way and says so. */
function setAside(file: string, error: unknown): void {
  if (!wasDatabase(file)) {
    throw new MnnFaceError(
      'ERR_CACHE',
      `${file} is no cache of mnn-face and no database at all. It was left as it is; use another file.`,
      { cause: error },
    );
  }
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
  #identity: string;
  #closed = false;

  constructor({ file, maxBytes }: Required<SqliteStoreOptions>) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#database = this.#open();
    this.#identity = identityOf(file);
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

  async remove(part: string): Promise<number> {
    let removed = 0;
    let last = '';
    for (;;) {
      const from = last;
      const keys = await this.#insisting(() =>
        this.#database
          .prepare<[string, number], string>(
            'SELECT key FROM entries WHERE key > ? ORDER BY key LIMIT ?',
          )
          .pluck()
          .all(from, SCANNED_KEYS),
      );
      const found = keys.filter((key) => key.includes(part));
      if (found.length > 0) await this.#insisting(() => this.#delete(found));
      removed += found.length;
      const end = keys.at(-1);
      if (end === undefined) break;
      last = end;
      await setImmediate();
    }
    if (removed > 0) await this.#emptyLog();
    return removed;
  }

  async clear(): Promise<void> {
    await this.#insisting(() => this.#database.prepare('DELETE FROM entries').run());
    await this.#emptyLog();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  #delete(keys: readonly string[]): boolean {
    const one = this.#database.prepare('DELETE FROM entries WHERE key = ?');
    const all = this.#database.transaction(() => {
      for (const key of keys) one.run(key);
    });
    all.immediate();
    return true;
  }

  /** Moves everything from the log into the file: the log may still hold what was removed. */
  async #emptyLog(): Promise<void> {
    await this.#insisting(() => {
      const [row] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      return row?.busy === 0 ? true : undefined;
    });
  }

  /** As `#mending()`, but tries again while the file is busy. */
  async #insisting<T>(work: () => T): Promise<T> {
    for (let tries = 0; tries < REMOVE_TRIES; tries++) {
      const result = this.#mending(work);
      if (result !== undefined) return result;
      await wait(20);
    }
    throw new MnnFaceError(
      'ERR_CACHE',
      `The cache ${this.#file} is in use by others; what was to be removed may still be in it. Try again.`,
    );
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
  #mending<T>(work: () => T): T | undefined {
    if (this.#closed) throw new MnnFaceError('ERR_CLOSED', 'The cache store is closed.');
    try {
      return work();
    } catch (error) {
      if (isBusy(error)) return undefined;
      if (!isCorrupt(error)) throw error;
      this.#database.close();
      // Another handle may have set the damaged file aside already, and begun a new one.
      if (identityOf(this.#file) === this.#identity) setAside(this.#file, error);
      this.#database = this.#open();
      this.#identity = identityOf(this.#file);
      return work();
    }
  }
}

/**
 * A store in one SQLite file (WAL), for several processes at a time. A new file may be read by its
 * user only. Killing a process at any
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
