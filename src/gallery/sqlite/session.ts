/** One thread's hold on a gallery's file. */
import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { SubjectSummary } from '../store.js';
import { openForWriting } from './database.js';
import { closedError, readOnlyError, refusesWriting, whenFree } from './errors.js';
import { within } from './exit-guard.js';
import type { ThreadData } from './messages.js';
import { isOutdated, type OpenFile, openForReading } from './read-only.js';
import type { EntryBatch } from './writing.js';

/** @internal */
export interface Session {
  readonly file: string;
  readonly database: Database.Database;
  /** Another one whenever the file was opened anew: what SQLite counts, it counts by connection. */
  readonly connection: string;
  readonly readOnly: boolean;
  /** Lists that are given out in pages, by their numbers. */
  readonly lists: Map<number, SubjectSummary[]>;
  /** Entries that came before the rest of their transaction, by its number. */
  readonly staged: Map<number, EntryBatch[]>;
}

function openToWrite(file: string): OpenFile {
  try {
    const database = openForWriting(file);
    return { database, readOnly: false, copyOf: undefined, close: () => database.close() };
  } catch (error) {
    throw refusesWriting(error) ? readOnlyError(file, error) : error;
  }
}

/** @internal Opens the file at the first use, and once more when a private copy is out of date. */
export class FileSession {
  readonly #file: string;
  readonly #role: ThreadData['role'];
  readonly #guard: ThreadData['guard'];
  #open: OpenFile | undefined;
  #session: Session | undefined;
  #closed = false;

  constructor({ file, role, guard }: ThreadData) {
    this.#file = file;
    this.#role = role;
    this.#guard = guard;
  }

  /** Does the work as soon as no other process has the file locked. */
  async do<T>(work: (session: Session) => T): Promise<T> {
    return await whenFree(this.#file, () => {
      if (this.#closed) throw closedError();
      return within(this.#guard, () => work(this.#opened()));
    });
  }

  close(): void {
    this.#closed = true;
    this.#open?.close();
    this.#open = undefined;
  }

  #opened(): Session {
    if (this.#open !== undefined && isOutdated(this.#file, this.#open)) {
      this.#open.close();
      this.#open = undefined;
    }
    if (this.#open === undefined || this.#session === undefined) {
      this.#open = this.#role === 'reading' ? openForReading(this.#file) : openToWrite(this.#file);
      this.#session = {
        file: this.#file,
        database: this.#open.database,
        readOnly: this.#open.readOnly,
        connection: randomUUID(),
        lists: new Map(),
        staged: new Map(),
      };
    }
    return this.#session;
  }
}
