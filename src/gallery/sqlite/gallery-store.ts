import { statSync } from 'node:fs';
import { abortable, throwIfAborted } from '../../abort.js';
import { checkOneOf, checkOptions, rangeError } from '../../arguments.js';
import { MnnFaceError, messageOf } from '../../errors.js';
import { checkMake } from '../make.js';
import type {
  AddedEntry,
  GalleryEntry,
  GalleryMake,
  GalleryStats,
  GalleryStore,
  Metadata,
  Neighbour,
  NewEntry,
  SubjectSummary,
} from '../store.js';
import { checkSubject } from '../subject.js';
import { toDistance } from '../vectors.js';
import { closedError, readOnlyError } from './errors.js';
import { FileThread } from './file-thread.js';
import { locateFile } from './location.js';
import type { KeptMake } from './make-row.js';
import type { Described } from './reading.js';
import { VectorIndex } from './vector-index.js';
import type { VectorHit, VectorKind } from './vector-matrix.js';
import type { EntryBatch, NewEntryRow } from './writing.js';

/** Options of `sqliteGalleryStore()`. */
export interface SqliteGalleryOptions {
  /** The file; made when it is not there. Not `:memory:`: galleries are kept in files. */
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
/** Entries that go to the thread at once: a turn of the event loop lies between. */
const PART = 256;

function metadataOf(text: string | null): Metadata | null {
  return text === null ? null : (JSON.parse(text) as Metadata);
}

function rowOf({ metadata, subject, embedding: _, ...rest }: NewEntry): NewEntryRow {
  return {
    ...rest,
    subject: checkSubject('subject', subject),
    metadata: metadata === null ? null : JSON.stringify(metadata),
  };
}

/** @throws RangeError for a vector of another length. */
function batchOf(entries: readonly NewEntry[], dimension: number): EntryBatch {
  const vectors = new Float32Array(entries.length * dimension);
  for (const [i, { embedding }] of entries.entries()) {
    if (embedding.length !== dimension) {
      throw rangeError('The embedding', `of ${dimension} values`, embedding.length);
    }
    vectors.set(embedding, i * dimension);
  }
  return { rows: entries.map(rowOf), vectors };
}

class SqliteGalleryStore implements GalleryStore {
  readonly #file: string;
  readonly #reader: FileThread;
  readonly #writer: FileThread;
  readonly #index: VectorIndex;
  #make: KeptMake | undefined;
  #transactions = 0;
  #closing: Promise<void> | undefined;

  constructor({ file, vectors }: Required<SqliteGalleryOptions>) {
    this.#file = file;
    this.#reader = new FileThread({ file, role: 'reading' });
    this.#writer = new FileThread({ file, role: 'writing' });
    this.#index = new VectorIndex(this.#reader, file, vectors);
  }

  async savedMake(): Promise<GalleryMake | undefined> {
    const { make } = await this.#reader.call('readState');
    if (make === undefined) return undefined;
    const { model, fingerprint, dimension } = make;
    return { model, fingerprint, dimension };
  }

  async open(make: GalleryMake, { keepCrops }: { keepCrops: boolean }): Promise<void> {
    const state = await this.#reader.call('readState');
    if (state.make === undefined && state.readOnly) throw readOnlyError(this.#file);
    const kept = state.make ?? (await this.#writer.call('adoptMake', make, keepCrops));
    checkMake(`The gallery ${this.#file}`, kept, make);
    if (keepCrops && !kept.keepsCrops) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `The gallery ${this.#file} was made without crops, and they cannot be had later. Leave keepCrops out, or begin a new gallery with it.`,
      );
    }
    this.#make = kept;
  }

  async add(entries: readonly NewEntry[]): Promise<AddedEntry[]> {
    const make = this.#opened();
    const transaction = ++this.#transactions;
    try {
      let at = 0;
      for (; at + PART < entries.length; at += PART) {
        const part = batchOf(entries.slice(at, at + PART), make.dimension);
        await this.#writer.call('stageEntries', transaction, part);
      }
      const last = batchOf(entries.slice(at), make.dimension);
      const { ids, added } = await this.#writer.call('addEntries', make, transaction, last);
      return Array.from(ids, (id, i) => ({ id, added: added[i] === 1 }));
    } catch (error) {
      if (entries.length > PART) {
        await this.#writer.call('dropStaged', transaction).catch(() => undefined);
      }
      throw error;
    }
  }

  async find(subject: string, contentHash: string): Promise<number | undefined> {
    return await this.#reader.call('findEntry', checkSubject('subject', subject), contentHash);
  }

  async search(
    probe: Float32Array,
    { limit, signal }: { limit: number; signal?: AbortSignal },
  ): Promise<Neighbour[]> {
    throwIfAborted(signal);
    return await abortable(this.#search(probe, limit, signal), signal);
  }

  async #search(
    probe: Float32Array,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<Neighbour[]> {
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const hits = await this.#index.search(this.#opened(), probe, limit);
      const ids = hits.map(({ id }) => id);
      const described = await this.#reader.call('describeEntries', ids);
      const found = new Map<string, Neighbour>();
      for (const [i, hit] of hits.entries()) {
        const one = described[i];
        if (one !== undefined && !found.has(one.subject)) {
          found.set(one.subject, neighbourOf(hit, one));
        }
      }
      // Entries that went, or whose subjects became one, since the search: once more, as it is now.
      if (found.size === hits.length || attempt === MOST_ATTEMPTS) return [...found.values()];
    }
  }

  async distanceTo(subject: string, probe: Float32Array): Promise<Neighbour | undefined> {
    const name = checkSubject('subject', subject);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const hit = await this.#reader.call('nearestOf', name, probe);
      if (hit === undefined) return undefined;
      const [described] = await this.#reader.call('describeEntries', [hit.id]);
      if (described?.subject === name) return neighbourOf(hit, described);
    }
    return undefined;
  }

  async *entries({
    afterId = 0,
    subject,
  }: {
    afterId?: number;
    subject?: string;
  } = {}): AsyncIterable<GalleryEntry> {
    const name = subject === undefined ? null : checkSubject('subject', subject);
    for (let last = afterId; ; ) {
      const { rows, sizes, vectors } = await this.#reader.call('readEntries', last, name);
      let at = 0;
      for (const [i, row] of rows.entries()) {
        const embedding = vectors.slice(at, at + (sizes[i] as number));
        at += embedding.length;
        yield { ...row, embedding, metadata: metadataOf(row.metadata) };
      }
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.id;
    }
  }

  async subjects(): Promise<SubjectSummary[]> {
    const { list, length } = await this.#reader.call('listSubjects');
    const all: SubjectSummary[] = [];
    while (all.length < length) {
      const page = await this.#reader.call('drawSubjects', list, all.length);
      // Only when the file was opened anew meanwhile.
      if (page.length === 0) return await this.subjects();
      all.push(...page);
    }
    return all;
  }

  async rename(from: string, to: string): Promise<number> {
    const names = [checkSubject('from', from), checkSubject('to', to)] as const;
    return await this.#writer.call('renameSubject', ...names);
  }

  async remove(subject: string, entry?: number): Promise<number> {
    return await this.#writer.call('removeEntries', checkSubject('subject', subject), entry);
  }

  async forget(subject: string): Promise<number> {
    const removed = await this.remove(subject);
    // Also when nothing was removed: an earlier call may have got no further than that.
    try {
      await this.#writer.call('vacuum');
      await this.#writer.call('emptyLog');
    } catch (error) {
      if (error instanceof MnnFaceError && error.code === 'ERR_CLOSED') throw error;
      throw new MnnFaceError(
        'ERR_GALLERY',
        `"${subject}" was removed from the gallery ${this.#file}, but may still be read in its files: they could not be cleaned (${messageOf(error)}). Close other users of the gallery and forget "${subject}" again.`,
        { cause: error },
      );
    }
    return removed;
  }

  async replaceEmbeddings(
    make: GalleryMake,
    vectors: AsyncIterable<{ id: number; embedding: Float32Array }>,
  ): Promise<number> {
    const old = this.#opened();
    await this.#writer.call('beginReplacement');
    let batch: { id: number; embedding: Float32Array }[] = [];
    for await (const vector of vectors) {
      batch.push(vector);
      if (batch.length < PART) continue;
      await this.#writer.call('stageReplacements', batch);
      batch = [];
    }
    await this.#writer.call('stageReplacements', batch);
    const replaced = await this.#writer.call('takeReplacements', old, make);
    this.#make = { ...old, ...make };
    return replaced;
  }

  async stats(): Promise<GalleryStats> {
    const { model, fingerprint, dimension, keepsCrops } = this.#opened();
    const counts = await this.#reader.call('count');
    const bytes = [this.#file, `${this.#file}-wal`]
      .map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
      .reduce((a, b) => a + b);
    return {
      kind: 'sqlite',
      make: { model, fingerprint, dimension },
      ...counts,
      bytes,
      keepsCrops,
    };
  }

  async close(): Promise<void> {
    // The writer last: the last one to close the file brings its log in.
    this.#closing ??= this.#reader.close().then(() => this.#writer.close());
    await this.#closing;
  }

  #opened(): KeptMake {
    if (this.#closing !== undefined) throw closedError();
    if (this.#make === undefined) {
      throw new MnnFaceError('ERR_GALLERY', 'The gallery store is not open. Await open() first.');
    }
    return this.#make;
  }
}

function neighbourOf(
  { id, score }: VectorHit,
  { subject, source, metadata }: Described,
): Neighbour {
  return {
    subject,
    entry: id,
    distance: toDistance(score),
    source,
    metadata: metadataOf(metadata),
  };
}

/**
 * A gallery in one SQLite file (WAL), for several processes at a time: each sees what the others
 * have written at its next search. What was acknowledged survives a crash or a power cut. A damaged
 * file is never touched. Statements run in two threads of the store's own, one that reads and one
 * that writes; they end with `close()`, and keep no process alive.
 *
 * A file that may only be read is opened to be read, where SQLite can do that; else (a file with a
 * log, in a folder that may not be written to) a private copy of it in the folder for temporary
 * files, made anew when the file has changed.
 *
 * @throws TypeError or RangeError for wrong options.
 */
export function sqliteGalleryStore(options: SqliteGalleryOptions): GalleryStore {
  const bag = checkOptions('sqliteGalleryStore() options', options, ['file', 'vectors']);
  return new SqliteGalleryStore({
    file: locateFile(bag.file),
    vectors:
      bag.vectors === undefined
        ? 'float32'
        : checkOneOf('vectors', bag.vectors, ['float32', 'int8']),
  });
}
