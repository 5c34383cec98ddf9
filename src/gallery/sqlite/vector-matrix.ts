/** The vectors of a gallery in memory, as the native search wants them. */
import { setImmediate } from 'node:timers/promises';
import { native } from '../../native.js';
import { bytesOf } from '../vectors.js';

/** How vectors are held in memory; `'int8'` takes a quarter of it. */
export type VectorKind = 'float32' | 'int8';

/** Rows per block: memory grows by a block, and nothing is copied for it. */
const BLOCK_ROWS = 16_384;
const REMOVED = -1;

/** @internal */
export interface VectorHit {
  id: number;
  /** Cosine similarity; of 8-bit rows an approximation. */
  score: number;
}

interface Block {
  vectors: Float32Array | Int8Array;
  scales: Float32Array | undefined;
  subjects: Int32Array;
  ids: Float64Array;
}

/**
 * Rows in the order of their ids, in blocks. A removed row is only marked; when many are, the rows
 * close up, in blocks of their own: searches that are under way keep the old ones.
 *
 * @internal
 */
export class VectorMatrix {
  readonly #dimension: number;
  readonly #kind: VectorKind;
  readonly #scratch: Float32Array;
  #blocks: Block[] = [];
  #rows = 0;
  #removed = 0;

  constructor(dimension: number, kind: VectorKind) {
    this.#dimension = dimension;
    this.#kind = kind;
    this.#scratch = new Float32Array(dimension);
  }

  /** Rows that are not removed. */
  get size(): number {
    return this.#rows - this.#removed;
  }

  /** Adds a row; ids must ascend. `vector`: the bytes of its float32 values. */
  append(id: number, subject: number, vector: Uint8Array): void {
    const at = this.#rows % BLOCK_ROWS;
    if (at === 0) this.#blocks.push(this.#makeBlock());
    const block = this.#blockOf(this.#rows);
    const from = at * this.#dimension;
    if (block.vectors instanceof Float32Array) {
      bytesOf(block.vectors.subarray(from, from + this.#dimension)).set(vector);
    } else {
      bytesOf(this.#scratch).set(vector);
      const scale = this.#scratch.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127 || 1;
      for (let i = 0; i < this.#dimension; i++) {
        block.vectors[from + i] = Math.round((this.#scratch[i] as number) / scale);
      }
      if (block.scales !== undefined) block.scales[at] = scale;
    }
    block.ids[at] = id;
    block.subjects[at] = subject;
    this.#rows++;
  }

  /** Gives a row to another subject; removes it when there is none. An unknown id is no error. */
  assign(id: number, subject: number | undefined): void {
    const row = this.#find(id);
    if (row === undefined) return;
    const { subjects, vectors } = this.#blockOf(row);
    const at = row % BLOCK_ROWS;
    if (subjects[at] === REMOVED) return;
    subjects[at] = subject ?? REMOVED;
    if (subject === undefined) {
      // Who is forgotten is not kept in memory either.
      vectors.fill(0, at * this.#dimension, (at + 1) * this.#dimension);
      this.#removed++;
    }
  }

  /** The nearest rows; with `distinct` of each subject only the nearest. */
  async search(probe: Float32Array, count: number, distinct: boolean): Promise<VectorHit[]> {
    const blocks = this.#blocks;
    const kind =
      this.#kind === 'int8' ? { scales: blocks.map(({ scales }) => scales as Float32Array) } : {};
    const { rows, scores } = await native().search({
      probe,
      blocks: blocks.map(({ vectors }) => vectors) as Float32Array[] | Int8Array[],
      subjects: blocks.map(({ subjects }) => subjects),
      ...kind,
      blockRows: BLOCK_ROWS,
      rows: this.#rows,
      count,
      distinct,
      kernels: 'best',
    });
    return Array.from(rows, (row, i) => ({
      id: blocks[Math.floor(row / BLOCK_ROWS)]?.ids[row % BLOCK_ROWS] as number,
      score: scores[i] as number,
    }));
  }

  #makeBlock(): Block {
    const values = BLOCK_ROWS * this.#dimension;
    const int8 = this.#kind === 'int8';
    // Held: searched where they are, so they must never leave this class.
    const { hold } = native();
    return {
      vectors: hold(int8 ? new Int8Array(values) : new Float32Array(values)),
      scales: int8 ? hold(new Float32Array(BLOCK_ROWS)) : undefined,
      subjects: hold(new Int32Array(BLOCK_ROWS)),
      ids: new Float64Array(BLOCK_ROWS),
    };
  }

  #blockOf(row: number): Block {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)] as Block;
  }

  #idOf(row: number): number {
    return this.#blockOf(row).ids[row % BLOCK_ROWS] as number;
  }

  /** Ids ascend, so halving finds them. */
  #find(id: number): number | undefined {
    let low = 0;
    let high = this.#rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#idOf(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low < this.#rows && this.#idOf(low) === id ? low : undefined;
  }

  /**
   * Frees removed rows, when they are a quarter of all and at least a block's worth; with a turn of
   * the event loop after each block. Nothing may be added or removed meanwhile.
   */
  async closeUp(): Promise<void> {
    if (this.#removed < Math.max(BLOCK_ROWS, this.#rows / 4)) return;
    const blocks: Block[] = [];
    let to = 0;
    for (let row = 0; row < this.#rows; row++) {
      const at = row % BLOCK_ROWS;
      if (at === 0) await setImmediate();
      const source = this.#blockOf(row);
      if (source.subjects[at] === REMOVED) continue;
      if (to % BLOCK_ROWS === 0) blocks.push(this.#makeBlock());
      this.#move(source, at, blocks[Math.floor(to / BLOCK_ROWS)] as Block, to % BLOCK_ROWS);
      to++;
    }
    this.#blocks = blocks;
    this.#rows = to;
    this.#removed = 0;
  }

  #move(source: Block, from: number, target: Block, to: number): void {
    const length = this.#dimension;
    target.vectors.set(source.vectors.subarray(from * length, (from + 1) * length), to * length);
    if (target.scales !== undefined) target.scales[to] = source.scales?.[from] as number;
    target.subjects[to] = source.subjects[from] as number;
    target.ids[to] = source.ids[from] as number;
  }
}
