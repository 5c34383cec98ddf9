/** Opens a gallery's file that may only be read. */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { MnnFaceError, messageOf } from '../../errors.js';
import { checkedVersion, connect, migrate, openForWriting } from './database.js';
import { refusesWriting } from './errors.js';
import { MIGRATIONS } from './schema.js';

const COPIES = 5;
/** Where a database file says how it is written: 2 for a log beside it. */
const WRITE_VERSION_AT = 18;
const WITH_LOG = 2;

/** @internal A file that is open, and how. */
export interface OpenFile {
  database: Database.Database;
  /** Whether nothing can be written to it from here. */
  readOnly: boolean;
  /** Of a copy: what it was made of, to see when it must be made anew. */
  copyOf: string | undefined;
  close(): void;
}

/** Changes when anybody writes to the file. */
function stateOf(file: string): string {
  return [file, `${file}-wal`]
    .map((name) => statSync(name, { throwIfNoEntry: false, bigint: true }))
    .map((stat) => (stat === undefined ? '-' : `${stat.ino}:${stat.size}:${stat.mtimeNs}`))
    .join(' ');
}

/** @internal Whether the file has changed since it was copied. */
export function isOutdated(file: string, { copyOf }: OpenFile): boolean {
  return copyOf !== undefined && copyOf !== stateOf(file);
}

/** A log can only be read where its index is there, or may be made; without a log there is none. */
function isReadableInPlace(file: string): boolean {
  if (existsSync(`${file}-wal`) && existsSync(`${file}-shm`)) return true;
  const version = Buffer.alloc(1);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, version, 0, 1, WRITE_VERSION_AT);
  } finally {
    closeSync(opened);
  }
  return version[0] !== WITH_LOG;
}

function openInPlace(file: string): OpenFile | undefined {
  if (!isReadableInPlace(file)) return undefined;
  const database = connect(file, { readonly: true });
  try {
    // An older version must be brought to this one first, which a copy can be.
    if (checkedVersion(database, file) === MIGRATIONS.length) {
      return { database, readOnly: true, copyOf: undefined, close: () => database.close() };
    }
    database.close();
    return undefined;
  } catch (error) {
    database.close();
    if (refusesWriting(error)) return undefined;
    throw error;
  }
}

/** The file and its log as they were at one moment. */
function copyTo(copy: string, file: string): string {
  for (let attempt = 1; ; attempt++) {
    const before = stateOf(file);
    for (const suffix of ['', '-wal']) {
      rmSync(copy + suffix, { force: true });
      if (suffix !== '' && !existsSync(file + suffix)) continue;
      copyFileSync(file + suffix, copy + suffix, constants.COPYFILE_FICLONE);
      chmodSync(copy + suffix, 0o600);
    }
    if (before === stateOf(file)) return before;
    if (attempt === COPIES) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `The gallery ${file} can only be read here, and is being written to all the time. Try again.`,
      );
    }
  }
}

/** Opens the copy, which then needs no name any more. */
function connectTo(copy: string, file: string): Database.Database {
  const database = connect(copy);
  try {
    migrate(database, file);
    // With no log beside it, it can be read when its folder has gone.
    database.pragma('journal_mode = DELETE');
    database.pragma('query_only = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A private copy, removed from its folder as soon as it is open. */
function openCopy(file: string): OpenFile {
  let folder: string | undefined;
  const remove = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'mnn-face-gallery-'));
    const copy = join(folder, 'gallery.db');
    const copyOf = copyTo(copy, file);
    const database = connectTo(copy, file);
    if (process.platform !== 'win32') remove();
    const close = () => {
      database.close();
      remove();
    };
    return { database, readOnly: true, copyOf, close };
  } catch (error) {
    remove();
    if (!refusesWriting(error)) throw error;
    throw new MnnFaceError(
      'ERR_GALLERY',
      `The gallery ${file} cannot be read: ${messageOf(error)}. Its folder may not be written to, so a private copy of it is read from the folder for temporary files (${tmpdir()}); that must be writable (TMPDIR), and the gallery readable.`,
      { cause: error },
    );
  }
}

/**
 * Opens a file to be read: as its writers do where it may be written to, else in place, else (where
 * SQLite would need a file beside it) as a private copy.
 *
 * @internal
 */
export function openForReading(file: string): OpenFile {
  try {
    const database = openForWriting(file);
    return { database, readOnly: false, copyOf: undefined, close: () => database.close() };
  } catch (error) {
    if (!refusesWriting(error) || !existsSync(file)) throw error;
  }
  return openInPlace(file) ?? openCopy(file);
}
