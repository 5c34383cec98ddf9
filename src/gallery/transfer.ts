/** A gallery as lines of JSON, out and in. */
import { setImmediate } from 'node:timers/promises';
import type { Many } from '../batch.js';
import { MnnFaceError } from '../errors.js';
import { checkMake } from './make.js';
import type { Imported } from './results.js';
import type { GalleryMake, GalleryStore, NewEntry } from './store.js';
import { linesOf } from './text-lines.js';
import {
  entrySchema,
  headerLine,
  isTrailer,
  LineFault,
  lineOf,
  parseHeader,
  parseLine,
  trailerLine,
} from './transfer-lines.js';

const BATCH = 1000;
/** A batch with crops ends before. */
const BATCH_BYTES = 16 << 20;
/** How long lines may be read before the event loop has its turn. */
const TURN_MS = 5;

/** @internal */
export async function* exportLines(
  store: GalleryStore,
  make: GalleryMake,
): AsyncGenerator<string, void, void> {
  const { keepsCrops } = await store.stats();
  yield headerLine({ format: 'mnn-face-gallery', version: 1, make, keepsCrops, trailer: true });
  let entries = 0;
  for await (const entry of store.entries()) {
    yield lineOf(entry);
    entries++;
  }
  yield trailerLine(entries);
}

function said({ entries, added }: Imported): string {
  return entries === 0
    ? 'Nothing was imported.'
    : `The ${entries} entries before it are in the gallery (${added} of them new); importing the mended file again is safe: what is there is passed over.`;
}

/** Takes entries in batches; each is durable before the next is read. */
class Importer {
  readonly result: Imported = { entries: 0, added: 0, cropsLeftOut: 0 };
  readonly #store: GalleryStore;
  readonly #keepsCrops: boolean;
  readonly #onProgress: ((progress: { done: number }) => void) | undefined;
  #batch: NewEntry[] = [];
  #bytes = 0;

  constructor(
    store: GalleryStore,
    keepsCrops: boolean,
    onProgress: ((progress: { done: number }) => void) | undefined,
  ) {
    this.#store = store;
    this.#keepsCrops = keepsCrops;
    this.#onProgress = onProgress;
  }

  async take(entry: NewEntry): Promise<void> {
    this.#batch.push(entry);
    this.#bytes += entry.embedding.byteLength + (entry.crop?.byteLength ?? 0);
    if (this.#batch.length >= BATCH || this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    if (batch.length === 0) return;
    const added = await this.#store.add(batch);
    this.result.entries += batch.length;
    for (const [i, one] of added.entries()) {
      if (!one.added) continue;
      this.result.added++;
      if (!this.#keepsCrops && batch[i]?.crop) this.result.cropsLeftOut++;
    }
    this.#onProgress?.({ done: this.result.entries });
  }
}

/** Where an import stands in its text. */
interface Place {
  line: number;
}

async function readLines(
  input: Many<string | Uint8Array>,
  make: GalleryMake,
  importer: Importer,
  place: Place,
): Promise<void> {
  const schema = entrySchema(make.dimension);
  let mustEnd = false;
  let hasEnded = false;
  let turn = performance.now();
  place.line = 1;
  for await (const text of linesOf(input)) {
    if (place.line === 1) {
      const header = parseHeader(text);
      mustEnd = header.trailer === true;
      checkMake('The export', header.make, make);
    } else if (text.trim() !== '') {
      if (hasEnded) throw new LineFault('it comes after the last line of the export');
      hasEnded = mustEnd && isTrailer(text);
      if (!hasEnded) await importer.take(parseLine(schema, text));
    }
    place.line++;
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      turn = performance.now();
    }
  }
  if (place.line === 1) {
    throw new MnnFaceError('ERR_GALLERY', 'There is nothing to import: the input is empty.');
  }
  await importer.flush();
  if (mustEnd && !hasEnded) {
    throw new LineFault('the export is cut off here: its last line is missing');
  }
}

/**
 * Text or bytes in any chunks; each batch is durable before the next is read.
 *
 * @internal
 */
export async function importLines(
  store: GalleryStore,
  make: GalleryMake,
  input: Many<string | Uint8Array>,
  onProgress: ((progress: { done: number }) => void) | undefined,
): Promise<Imported> {
  const { keepsCrops } = await store.stats();
  const importer = new Importer(store, keepsCrops, onProgress);
  const place: Place = { line: 1 };
  try {
    await readLines(input, make, importer, place);
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    // What was read before is kept, so that the sentence is true.
    await importer.flush();
    throw new MnnFaceError(
      'ERR_GALLERY',
      `Line ${place.line} of the import is not usable: ${error.message}. ${said(importer.result)}`,
      { cause: error.cause },
    );
  }
  return importer.result;
}
