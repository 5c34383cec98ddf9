/** The vectors of a gallery's file in memory, kept up with what any process writes. */
import { setImmediate } from 'node:timers/promises';
import { checkMake } from '../make.js';
import type { GalleryMake } from '../store.js';
import { bytesOf } from '../vectors.js';
import type { FileThread } from './file-thread.js';
import type { FileState } from './reading.js';
import { type VectorHit, type VectorKind, VectorMatrix } from './vector-matrix.js';

/** Values taken over at a time: a millisecond or two of the event loop. */
const PAGE_VALUES = 1 << 18;
const MOST_ROWS = 4096;
const CHANGES = 1024;
/** Approximate hits that are looked at exactly. */
const CANDIDATES = 256;
const MOST_CANDIDATES = 1 << 20;
/** Hits ranked in one call, whose numbers cross between the threads. */
const RANKED = 4096;

/** @internal */
export class VectorIndex {
  readonly #thread: FileThread;
  readonly #file: string;
  readonly #kind: VectorKind;
  #matrix: VectorMatrix | undefined;
  #generation = '';
  #lastId = 0;
  #lastChange = 0;
  #version: string | undefined;
  #refreshing: Promise<VectorMatrix> | undefined;

  constructor(thread: FileThread, file: string, kind: VectorKind) {
    this.#thread = thread;
    this.#file = file;
    this.#kind = kind;
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
    for (let at = 0; at < candidates.length; at += RANKED) {
      const ids = candidates.slice(at, at + RANKED).map(({ id }) => id);
      for (const { subject, ...hit } of await this.#thread.call('rank', ids, probe)) {
        const known = best.get(subject);
        if (known === undefined || hit.score > known.score) best.set(subject, hit);
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
    let state = await this.#thread.call('readState');
    if (this.#matrix !== undefined && state.version === this.#version) return this.#matrix;
    // Until it is done, nothing is known for certain.
    this.#version = undefined;
    for (;;) {
      const { version } = state;
      const matrix = this.#begin(make, state);
      while (await this.#readNew(matrix, make.dimension)) await setImmediate();
      await this.#readChanges(matrix);
      await matrix.closeUp();
      // Old and new vectors must not be mixed: if all were replaced meanwhile, once more.
      state = await this.#thread.call('readState');
      if (state.generation === this.#generation) {
        this.#version = version;
        return matrix;
      }
    }
  }

  #begin(make: GalleryMake, { make: kept, generation, lastChange }: FileState): VectorMatrix {
    if (kept !== undefined) checkMake(`The gallery ${this.#file}`, kept, make);
    if (this.#matrix === undefined || generation !== this.#generation) {
      this.#lastChange = lastChange;
      this.#lastId = 0;
      this.#generation = generation;
      this.#matrix = new VectorMatrix(make.dimension, this.#kind);
    }
    return this.#matrix;
  }

  /** Whether there may be more. */
  async #readNew(matrix: VectorMatrix, dimension: number): Promise<boolean> {
    const limit = Math.max(1, Math.min(MOST_ROWS, Math.floor(PAGE_VALUES / dimension)));
    const page = await this.#thread.call('readVectors', this.#lastId, limit, dimension);
    const bytes = bytesOf(page.vectors);
    const size = dimension * Float32Array.BYTES_PER_ELEMENT;
    for (const [i, id] of page.ids.entries()) {
      matrix.append(id, page.subjects[i] as number, bytes.subarray(i * size, (i + 1) * size));
      this.#lastId = id;
    }
    return page.ids.length === limit;
  }

  async #readChanges(matrix: VectorMatrix): Promise<void> {
    for (;;) {
      const changes = await this.#thread.call('readChanges', this.#lastChange, CHANGES);
      for (const { seq, id, subject } of changes) {
        matrix.assign(id, subject ?? undefined);
        this.#lastChange = seq;
      }
      if (changes.length < CHANGES) return;
    }
  }
}
