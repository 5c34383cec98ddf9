import { existsSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { throwIfAborted } from '../../abort.js';
import { checkOneOf, checkOptions, checkString } from '../../arguments.js';
import { MnnFaceError, messageOf } from '../../errors.js';
import { checkMake } from '../make.js';
import type {
  AddedEntry,
  GalleryEntry,
  GalleryMake,
  GalleryStats,
  GalleryStore,
  Neighbour,
  NewEntry,
  SubjectSummary,
} from '../store.js';
import { closedError, emptyLog, openGalleryFile, whenFree } from './database.js';
import {
  addEntry,
  describeEntry,
  findEntry,
  type KeptMake,
  readEntries,
  readMake,
  removeEntries,
  renameSubject,
  summarise,
  takeReplacements,
  writeMake,
} from './entries.js';
import { dot, VectorIndex } from './vector-index.js';
import { bytesOf, type VectorHit, type VectorKind } from './vector-matrix.js';

/** Options of `sqliteGalleryStore()`. */
export interface SqliteGalleryOptions {
  /** The file; made when it is not there. */
  file: string;
  /**
   * How the vectors are held in memory: `'float32'` (default; 512 bytes for each of
   * mobilefacenet's), or `'int8'`, a quarter of it; its candidates are ranked by the exact vectors
   * from the file.
   */
  vectors?: VectorKind;
}

/** Searches of one call, where entries go away under it. */
const MOST_ATTEMPTS = 5;

function toDistance(similarity: number): number {
  return Math.min(2, Math.max(0, 1 - similarity));
}

class SqliteGalleryStore implements GalleryStore {
  readonly #file: string;
  readonly #vectors: VectorKind;
  #opening: Promise<Database.Database> | undefined;
  #database: Database.Database | undefined;
  #index: VectorIndex | undefined;
  #make: KeptMake | undefined;
  #closed = false;

  constructor({ file, vectors }: Required<SqliteGalleryOptions>) {
    this.#file = file;
    this.#vectors = vectors;
  }

  async savedMake(): Promise<GalleryMake | undefined> {
    if (!existsSync(this.#file)) return undefined;
    const database = await this.#connect();
    const make = await whenFree(this.#file, () => readMake(database));
    if (make === undefined) return undefined;
    const { model, fingerprint, dimension } = make;
    return { model, fingerprint, dimension };
  }

  async open(make: GalleryMake, { keepCrops }: { keepCrops: boolean }): Promise<void> {
    await this.#connect();
    this.#make = await this.#write((database) => {
      const kept = readMake(database);
      if (kept === undefined) {
        const own = { ...make, keepsCrops: keepCrops, generation: 1 };
        writeMake(database, own);
        return own;
      }
      checkMake(`The gallery ${this.#file}`, kept, make);
      if (keepCrops && !kept.keepsCrops) {
        throw new MnnFaceError(
          'ERR_GALLERY',
          `The gallery ${this.#file} was made without crops, and they cannot be had later. Leave keepCrops out, or begin a new gallery with it.`,
        );
      }
      return kept;
    });
  }

  async add(entries: readonly NewEntry[]): Promise<AddedEntry[]> {
    const { keepsCrops } = this.#opened();
    const now = Date.now();
    return await this.#write((database) => {
      this.#checkStill(database);
      return entries.map((entry) =>
        addEntry(database, keepsCrops ? entry : { ...entry, crop: null }, now),
      );
    });
  }

  async has(subject: string, contentHash: string): Promise<boolean> {
    return await this.#read((database) => findEntry(database, subject, contentHash) !== undefined);
  }

  async search(
    probe: Float32Array,
    { limit, signal }: { limit: number; signal?: AbortSignal },
  ): Promise<Neighbour[]> {
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const make = this.#opened();
      const hits = (await this.#index?.search(make, probe, limit)) ?? [];
      const found = await this.#read((database) => hits.map((hit) => neighbour(database, hit)));
      const complete = found.filter((one) => one !== undefined);
      // An entry that went between the search and now: once more, without it.
      if (complete.length === found.length || attempt === MOST_ATTEMPTS) return complete;
      this.#index?.touch();
    }
  }

  async distanceTo(subject: string, probe: Float32Array): Promise<Neighbour | undefined> {
    let nearest: Neighbour | undefined;
    for await (const { embedding, id, source, metadata } of this.entries({ subject })) {
      const distance = toDistance(dot(embedding, probe));
      if (nearest === undefined || distance < nearest.distance) {
        nearest = { subject, entry: id, distance, source, metadata };
      }
    }
    return nearest;
  }

  async *entries({
    afterId = 0,
    subject,
  }: {
    afterId?: number;
    subject?: string;
  } = {}): AsyncIterable<GalleryEntry> {
    for (let last = afterId; ; ) {
      const page = await this.#read((database) => readEntries(database, last, subject));
      yield* page;
      const end = page.at(-1);
      if (end === undefined) return;
      last = end.id;
    }
  }

  async subjects(): Promise<SubjectSummary[]> {
    return await this.#read(summarise);
  }

  async rename(from: string, to: string): Promise<number> {
    return await this.#write((database) => renameSubject(database, from, to));
  }

  async remove(subject: string, entry?: number): Promise<number> {
    return await this.#write((database) => removeEntries(database, subject, entry));
  }

  async forget(subject: string): Promise<number> {
    const removed = await this.remove(subject);
    // Also when nothing was removed: an earlier call may have got no further than that.
    try {
      await this.#read((database) => database.exec('VACUUM'));
      await this.#read((database) => {
        emptyLog(database);
      });
    } catch (error) {
      if (error instanceof MnnFaceError && error.code === 'ERR_CLOSED') throw error;
      throw new MnnFaceError(
        'ERR_GALLERY',
        `"${subject}" was removed from the gallery ${this.#file}, but may still be read in its files: they could not be cleaned (${messageOf(error)}). Close other users of the gallery and forget "${subject}" again.`,
        { cause: error },
      );
    } finally {
      this.#index?.touch();
    }
    return removed;
  }

  async replaceEmbeddings(
    make: GalleryMake,
    vectors: AsyncIterable<{ id: number; embedding: Float32Array }>,
  ): Promise<number> {
    const { keepsCrops } = this.#opened();
    await this.#read((database) => {
      database.exec('DROP TABLE IF EXISTS temp.replacement');
      database.exec('CREATE TEMP TABLE replacement (id INTEGER PRIMARY KEY, embedding BLOB)');
    });
    // Beside the file first, so that the file is locked for a moment only.
    for await (const { id, embedding } of vectors) {
      await this.#read((database) =>
        database
          .prepare('INSERT OR REPLACE INTO temp.replacement VALUES (?, ?)')
          .run(id, bytesOf(embedding)),
      );
    }
    const replaced = await this.#write((database) => {
      this.#checkStill(database);
      const count = takeReplacements(database, this.#file);
      const generation = (readMake(database)?.generation ?? 0) + 1;
      this.#make = { ...make, keepsCrops, generation };
      writeMake(database, this.#make);
      return count;
    });
    await this.#read((database) => database.exec('DROP TABLE temp.replacement'));
    return replaced;
  }

  async stats(): Promise<GalleryStats> {
    const { model, fingerprint, dimension, keepsCrops } = this.#opened();
    const counts = await this.#read((database) =>
      database
        .prepare<[], { subjects: number; entries: number }>(
          'SELECT (SELECT count(*) FROM subject) AS subjects, (SELECT count(*) FROM entry) AS entries',
        )
        .get(),
    );
    const bytes = [this.#file, `${this.#file}-wal`]
      .map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
      .reduce((a, b) => a + b);
    return {
      kind: 'sqlite',
      make: { model, fingerprint, dimension },
      subjects: counts?.subjects ?? 0,
      entries: counts?.entries ?? 0,
      bytes,
      keepsCrops,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#index = undefined;
    const database = await this.#opening?.catch(() => undefined);
    database?.close();
  }

  async #connect(): Promise<Database.Database> {
    if (this.#closed) throw closedError();
    this.#opening ??= openGalleryFile(this.#file).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    const database = await this.#opening;
    this.#database ??= database;
    this.#index ??= new VectorIndex(database, this.#file, this.#vectors);
    return database;
  }

  #opened(): KeptMake {
    if (this.#closed) throw closedError();
    if (this.#make === undefined) {
      throw new MnnFaceError('ERR_GALLERY', 'The gallery store is not open. Await open() first.');
    }
    return this.#make;
  }

  /** Throws when another process has replaced all vectors by those of another model. */
  #checkStill(database: Database.Database): void {
    const kept = readMake(database);
    if (kept !== undefined) checkMake(`The gallery ${this.#file}`, kept, this.#opened());
  }

  #read<T>(work: (database: Database.Database) => T): Promise<T> {
    return whenFree(this.#file, () => {
      if (this.#closed || this.#database === undefined) throw closedError();
      return work(this.#database);
    });
  }

  async #write<T>(work: (database: Database.Database) => T): Promise<T> {
    const result = await this.#read((database) => database.transaction(work).immediate(database));
    this.#index?.touch();
    return result;
  }
}

function neighbour(database: Database.Database, { id, score }: VectorHit): Neighbour | undefined {
  const described = describeEntry(database, id);
  if (described === undefined) return undefined;
  const { subject, source, metadata } = described;
  return { subject, entry: id, distance: toDistance(score), source, metadata };
}

/**
 * A gallery in one SQLite file (WAL), for several processes at a time: each sees what the others
 * have written at its next search. What was acknowledged survives a crash or a power cut. A damaged
 * file is never touched.
 *
 * @throws TypeError or RangeError for wrong options.
 */
export function sqliteGalleryStore(options: SqliteGalleryOptions): GalleryStore {
  const bag = checkOptions('sqliteGalleryStore() options', options, ['file', 'vectors']);
  return new SqliteGalleryStore({
    file: checkString('file', bag.file),
    vectors:
      bag.vectors === undefined
        ? 'float32'
        : checkOneOf('vectors', bag.vectors, ['float32', 'int8']),
  });
}
