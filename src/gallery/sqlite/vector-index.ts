/** The vectors of a gallery's file in memory, kept up with what any process writes. */
import { setImmediate } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { MnnFaceError } from '../../errors.js';
import { checkMake } from '../make.js';
import type { GalleryMake } from '../store.js';
import { whenFree } from './database.js';
import { readMake, type VectorRow, vectorOf } from './entries.js';
import { type VectorHit, type VectorKind, VectorMatrix } from './vector-matrix.js';

/** Rows read at a time: a millisecond or two of the event loop. */
const PAGE = 1024;
/** Approximate hits that are looked at exactly. */
const CANDIDATES = 256;
const MOST_CANDIDATES = 1 << 20;

/** @internal */
export class VectorIndex {
  readonly #database: Database.Database;
  readonly #file: string;
  readonly #kind: VectorKind;
  #matrix: VectorMatrix | undefined;
  #generation = 0;
  #lastId = 0;
  #lastChange = 0;
  #dataVersion: unknown;
  #stale = true;
  #refreshing: Promise<VectorMatrix> | undefined;

  constructor(database: Database.Database, file: string, kind: VectorKind) {
    this.#database = database;
    this.#file = file;
    this.#kind = kind;
  }

  /** Must be called after each write of this process: SQLite tells of others' only. */
  touch(): void {
    this.#stale = true;
  }

  /** The nearest subjects' nearest entries. */
  async search(make: GalleryMake, probe: Float32Array, limit: number): Promise<VectorHit[]> {
    const matrix = await this.#fresh(make);
    if (matrix.size === 0) return [];
    if (this.#kind === 'float32') return await matrix.search(probe, limit, true);
    return await this.#searchExactly(matrix, probe, limit);
  }

  /** The candidates of 8-bit rows, by their exact vectors from the file. */
  async #searchExactly(
    matrix: VectorMatrix,
    probe: Float32Array,
    limit: number,
  ): Promise<VectorHit[]> {
    for (let count = Math.max(CANDIDATES, 16 * limit); ; count *= 8) {
      const most = Math.min(count, MOST_CANDIDATES);
      const candidates = await matrix.search(probe, most, false);
      const best = await this.#rank(candidates, probe);
      if (best.length >= limit || candidates.length < most || most === MOST_CANDIDATES) {
        return best.slice(0, limit);
      }
    }
  }

  async #rank(candidates: readonly VectorHit[], probe: Float32Array): Promise<VectorHit[]> {
    const best = new Map<number, VectorHit>();
    for (let at = 0; at < candidates.length; at += PAGE) {
      const ids = candidates.slice(at, at + PAGE).map(({ id }) => id);
      const rows = await this.#read(() =>
        this.#database
          .prepare<[string], VectorRow>(
            'SELECT id, subject, embedding FROM entry WHERE id IN (SELECT value FROM json_each(?))',
          )
          .all(JSON.stringify(ids)),
      );
      for (const { id, subject, embedding } of rows) {
        const score = dot(vectorOf(embedding), probe);
        const known = best.get(subject);
        if (known === undefined || score > known.score) best.set(subject, { id, score });
      }
    }
    return [...best.values()].sort((a, b) => b.score - a.score || a.id - b.id);
  }

  async #fresh(make: GalleryMake): Promise<VectorMatrix> {
    // One at a time: whoever comes while it runs may have written after it had read.
    while (this.#refreshing !== undefined) await this.#refreshing.catch(() => undefined);
    this.#refreshing = this.#refresh(make);
    try {
      return await this.#refreshing;
    } finally {
      this.#refreshing = undefined;
    }
  }

  async #refresh(make: GalleryMake): Promise<VectorMatrix> {
    const now = await this.#read(() => this.#database.pragma('data_version', { simple: true }));
    if (this.#matrix !== undefined && !this.#stale && now === this.#dataVersion) {
      return this.#matrix;
    }
    this.#stale = false;
    try {
      for (;;) {
        const matrix = await this.#begin(make);
        while (await this.#readNew(matrix, make.dimension)) await setImmediate();
        await this.#readChanges(matrix);
        this.#dataVersion = now;
        // Old and new vectors must not be mixed: if all were replaced meanwhile, once more.
        const kept = await this.#read(() => readMake(this.#database));
        if ((kept?.generation ?? 0) === this.#generation) return matrix;
      }
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  async #begin(make: GalleryMake): Promise<VectorMatrix> {
    const kept = await this.#read(() => readMake(this.#database));
    if (kept !== undefined) checkMake(`The gallery ${this.#file}`, kept, make);
    const generation = kept?.generation ?? 0;
    if (this.#matrix === undefined || generation !== this.#generation) {
      this.#lastChange =
        (await this.#read(() =>
          this.#database.prepare<[], number>('SELECT max(seq) FROM change').pluck().get(),
        )) ?? 0;
      this.#lastId = 0;
      this.#generation = generation;
      this.#matrix = new VectorMatrix(make.dimension, this.#kind);
    }
    return this.#matrix;
  }

  /** Whether there may be more. */
  async #readNew(matrix: VectorMatrix, dimension: number): Promise<boolean> {
    const rows = await this.#read(() =>
      this.#database
        .prepare<[number], VectorRow>(
          `SELECT id, subject, embedding FROM entry WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
        )
        .all(this.#lastId),
    );
    for (const { id, subject, embedding } of rows) {
      if (embedding.byteLength !== dimension * Float32Array.BYTES_PER_ELEMENT) {
        throw new MnnFaceError(
          'ERR_GALLERY',
          `The vector of entry ${id} of the gallery ${this.#file} is damaged. Put back a copy of the file, or remove the entry.`,
        );
      }
      matrix.append(id, subject, embedding);
      this.#lastId = id;
    }
    return rows.length === PAGE;
  }

  async #readChanges(matrix: VectorMatrix): Promise<void> {
    for (;;) {
      const changes = await this.#read(() =>
        this.#database
          .prepare<[number], { seq: number; id: number; subject: number | null }>(
            `SELECT seq, change.entry AS id, entry.subject AS subject
             FROM change LEFT JOIN entry ON entry.id = change.entry
             WHERE seq > ? ORDER BY seq LIMIT ${PAGE}`,
          )
          .all(this.#lastChange),
      );
      for (const { seq, id, subject } of changes) {
        matrix.assign(id, subject ?? undefined);
        this.#lastChange = seq;
      }
      if (changes.length < PAGE) return;
      await setImmediate();
    }
  }

  #read<T>(work: () => T): Promise<T> {
    return whenFree(this.#file, work);
  }
}

/** @internal The cosine of two unit vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
