/** A gallery in PostgreSQL with pgvector: for several machines, and more entries than memory. */
import type { PoolClient } from 'pg';
import * as v from 'valibot';
import { abortable, throwIfAborted } from '../../abort.js';
import { checkInteger, checkOptions, rangeError } from '../../arguments.js';
import { MnnFaceError } from '../../errors.js';
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
import { checkSubject } from '../subject.js';
import { addEntries, exchangeEmbeddings } from './changes.js';
import { PostgresConnection, type TransactionOptions } from './connection.js';
import { eraseDeleted } from './erase.js';
import { locatePostgres } from './location.js';
import { ENTRY_COLUMNS, entryOf, summaryOf } from './rows.js';
import { hasTables, lockForWriting, MOST_DIMENSION, migrate, readMake } from './schema.js';
import { beginSearch, searchSubject, searchSubjects } from './search.js';
import { renameSubject } from './subjects.js';

const DEFAULT_POOL = 10;
const PAGE = 500;
/** Crops of 37 kB come as text, twice as long. */
const PAGE_WITH_CROPS = 50;
const READ = 'BEGIN READ ONLY';

/** Options of `postgresGalleryStore()`. */
export interface PostgresGalleryStoreOptions {
  /** `postgres://user:password@host:5432/database`; `?schema=NAME` is the same as `schema`. */
  connectionString: string;
  /** Holds the gallery's tables; made when it is not there. Default `mnn_face`. */
  schema?: string;
  /** The most connections, 2 to 100; default 10. */
  poolSize?: number;
}

const Counts = v.object({ subjects: v.number(), entries: v.number(), bytes: v.number() });

class PostgresGalleryStore implements GalleryStore {
  readonly #connection: PostgresConnection;
  readonly #schema: string;
  #make: GalleryMake | undefined;

  constructor(connectionString: string, schema: string, poolSize: number) {
    this.#connection = new PostgresConnection(connectionString, poolSize);
    this.#schema = schema;
  }

  async savedMake(): Promise<GalleryMake | undefined> {
    return await this.#connection.transaction(
      async (client) => {
        if (!(await hasTables(client, this.#schema))) return undefined;
        const kept = await readMake(client, this.#schema);
        if (kept === undefined) return undefined;
        const { keepsCrops: _, ...make } = kept;
        return make;
      },
      { begin: READ },
    );
  }

  async open(make: GalleryMake, { keepCrops }: { keepCrops: boolean }): Promise<void> {
    if (make.dimension > MOST_DIMENSION) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `pgvector keeps vectors of at most ${MOST_DIMENSION} values, not ${make.dimension}.`,
      );
    }
    checkInteger('make.dimension', make.dimension, 1, MOST_DIMENSION);
    await this.#connection.transaction(async (client) => {
      await migrate(client, this.#schema, make.dimension);
      await client.query(
        `INSERT INTO "${this.#schema}".make (model, fingerprint, dimension, keeps_crops)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [make.model, make.fingerprint, make.dimension, keepCrops],
      );
      const { keepsCrops } = await this.#checkedMake(client, make);
      if (keepCrops && !keepsCrops) {
        throw new MnnFaceError(
          'ERR_GALLERY',
          `The gallery in the schema ${this.#schema} was made without crops, and they cannot be had later. Leave keepCrops out, or begin a new gallery with it in another schema.`,
        );
      }
    });
    this.#make = make;
  }

  async add(entries: readonly NewEntry[]): Promise<AddedEntry[]> {
    for (const { embedding } of entries) this.#checkVector(embedding);
    if (entries.length === 0) return [];
    const named = entries.map((entry) => ({
      ...entry,
      subject: checkSubject('subject', entry.subject),
    }));
    return await this.#writing('always', async (client, keepsCrops) =>
      addEntries(client, this.#schema, named, keepsCrops),
    );
  }

  async find(subject: string, contentHash: string): Promise<number | undefined> {
    const name = checkSubject('subject', subject);
    return await this.#reading(READ, async (client) => {
      const { rows } = await client.query<{ id: number }>(
        `SELECT id FROM "${this.#schema}".entries WHERE subject = $1 AND content_hash = $2`,
        [name, contentHash],
      );
      return rows[0]?.id;
    });
  }

  async search(
    probe: Float32Array,
    { limit, signal }: { limit: number; signal?: AbortSignal },
  ): Promise<Neighbour[]> {
    checkInteger('limit', limit, 1, 1_000_000);
    this.#checkVector(probe);
    throwIfAborted(signal);
    const work = this.#reading(beginSearch(limit), (client) =>
      searchSubjects(client, this.#schema, probe, limit),
    );
    return await abortable(work, signal);
  }

  async distanceTo(subject: string, probe: Float32Array): Promise<Neighbour | undefined> {
    this.#checkVector(probe);
    const name = checkSubject('subject', subject);
    return await this.#reading(READ, (client) => searchSubject(client, this.#schema, name, probe));
  }

  async *entries({
    afterId = 0,
    subject,
  }: {
    afterId?: number;
    subject?: string;
  } = {}): AsyncGenerator<GalleryEntry, void, void> {
    const name = subject === undefined ? null : checkSubject('subject', subject);
    let last = afterId;
    for (;;) {
      let most = PAGE;
      const page = await this.#reading(READ, async (client, keepsCrops) => {
        most = keepsCrops ? PAGE_WITH_CROPS : PAGE;
        const { rows } = await client.query(
          `SELECT ${ENTRY_COLUMNS} FROM "${this.#schema}".entries
           WHERE id > $1 AND ($2::text IS NULL OR subject = $2) ORDER BY id LIMIT $3`,
          [last, name, most],
        );
        return rows.map(entryOf);
      });
      yield* page;
      if (page.length < most) return;
      last = page.at(-1)?.id ?? last;
    }
  }

  async subjects(): Promise<SubjectSummary[]> {
    return await this.#reading(READ, async (client) => {
      await client.query(
        `DECLARE subjects NO SCROLL CURSOR FOR
         SELECT subject, count(*) AS entries, min(enrolled_at) AS first, max(enrolled_at) AS last
         FROM "${this.#schema}".entries GROUP BY subject ORDER BY subject COLLATE "C"`,
      );
      const all: SubjectSummary[] = [];
      for (;;) {
        // In pages, so that many of them do not hold the event loop.
        const { rows } = await client.query(`FETCH ${PAGE} FROM subjects`);
        all.push(...rows.map(summaryOf));
        if (rows.length < PAGE) return all;
      }
    });
  }

  async rename(from: string, to: string): Promise<number> {
    const names = [checkSubject('from', from), checkSubject('to', to)] as const;
    return await this.#writing('before-commit', (client) =>
      renameSubject(client, this.#schema, ...names),
    );
  }

  async remove(subject: string, entry?: number): Promise<number> {
    const name = checkSubject('subject', subject);
    return await this.#writing('before-commit', async (client) => {
      const { rowCount } = await client.query(
        `DELETE FROM "${this.#schema}".entries WHERE subject = $1 AND ($2::bigint IS NULL OR id = $2)`,
        [name, entry ?? null],
      );
      return rowCount ?? 0;
    });
  }

  async forget(subject: string): Promise<number> {
    const removed = await this.remove(subject);
    // Also when there was nothing: an earlier call may have been cut off between the two.
    await eraseDeleted(this.#connection, this.#schema);
    return removed;
  }

  async replaceEmbeddings(
    make: GalleryMake,
    vectors: AsyncIterable<{ id: number; embedding: Float32Array }>,
  ): Promise<number> {
    checkInteger('make.dimension', make.dimension, 1, MOST_DIMENSION);
    const changed = await this.#writing('never', (client) =>
      exchangeEmbeddings(client, this.#schema, make, vectors),
    );
    this.#make = make;
    return changed;
  }

  async stats(): Promise<GalleryStats> {
    return await this.#reading(READ, async (client) => {
      const { keepsCrops, ...make } = await this.#checkedMake(client, this.#opened());
      const { rows } = await client.query(
        `SELECT count(DISTINCT subject) AS subjects, count(*) AS entries,
           pg_total_relation_size($1::regclass) AS bytes FROM "${this.#schema}".entries`,
        [`"${this.#schema}".entries`],
      );
      return { kind: 'postgres', make, ...v.parse(Counts, rows[0]), keepsCrops };
    });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #opened(): GalleryMake {
    if (this.#make === undefined) {
      throw new MnnFaceError('ERR_GALLERY', 'Await open() before anything else.');
    }
    return this.#make;
  }

  #checkVector(vector: Float32Array): void {
    const { dimension } = this.#opened();
    if (vector.length !== dimension) {
      throw rangeError('The embedding', `of ${dimension} values`, vector.length);
    }
  }

  async #checkedMake(client: PoolClient, make: GalleryMake) {
    const kept = await readMake(client, this.#schema);
    if (kept === undefined) {
      throw new MnnFaceError('ERR_GALLERY', `The schema ${this.#schema} lost its gallery.`);
    }
    checkMake(`The gallery in the schema ${this.#schema}`, kept, make);
    return kept;
  }

  async #reading<T>(
    begin: string,
    work: (client: PoolClient, keepsCrops: boolean) => Promise<T>,
  ): Promise<T> {
    const make = this.#opened();
    return await this.#connection.transaction(
      async (client) => {
        // Another process may have re-embedded the gallery meanwhile.
        const { keepsCrops } = await this.#checkedMake(client, make);
        return await work(client, keepsCrops);
      },
      { begin },
    );
  }

  async #writing<T>(
    repeat: NonNullable<TransactionOptions['repeat']>,
    work: (client: PoolClient, keepsCrops: boolean) => Promise<T>,
  ): Promise<T> {
    const make = this.#opened();
    return await this.#connection.transaction(
      async (client) => {
        await lockForWriting(client, this.#schema);
        const { keepsCrops } = await this.#checkedMake(client, make);
        return await work(client, keepsCrops);
      },
      { repeat },
    );
  }
}

/**
 * A gallery in PostgreSQL 14 or newer with pgvector 0.8 or newer, for several processes and machines
 * at a time. Searches go through an HNSW index, whose answer is the nearest subject in more than
 * 99 of 100 cases. Needs the package `pg`. Lost connections are made anew and the work repeated.
 *
 * `forget()` removes the entries and writes the table and its indexes anew, while others wait. It
 * reaches neither the server's write-ahead log, replicas and backups, nor the blocks that the file
 * system gave back, nor jobs in the queue of enrolments.
 *
 * @throws MnnFaceError `ERR_GALLERY` when `pg` is not installed; TypeError or RangeError for wrong
 * options.
 */
export function postgresGalleryStore(options: PostgresGalleryStoreOptions): GalleryStore {
  const bag = checkOptions('postgresGalleryStore() options', options, [
    'connectionString',
    'schema',
    'poolSize',
  ]);
  const { connectionString, schema } = locatePostgres(bag.connectionString, bag.schema);
  return new PostgresGalleryStore(
    connectionString,
    schema,
    bag.poolSize === undefined ? DEFAULT_POOL : checkInteger('poolSize', bag.poolSize, 2, 100),
  );
}
