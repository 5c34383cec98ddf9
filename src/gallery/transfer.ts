/** A gallery as lines of JSON, out and in. */
import type { Many } from '../batch.js';
import { MnnFaceError } from '../errors.js';
import { checkMake } from './make.js';
import type { Imported } from './results.js';
import type { GalleryMake, GalleryStore, NewEntry } from './store.js';
import { linesOf } from './text-lines.js';
import {
  entrySchema,
  headerLine,
  LineFault,
  lineOf,
  parseHeader,
  parseLine,
} from './transfer-lines.js';
import { Turns } from './turns.js';

const BATCH = 1000;
/** A batch with crops ends before. */
const BATCH_BYTES = 16 << 20;

/** @internal */
export async function* exportLines(
  store: GalleryStore,
  make: GalleryMake,
): AsyncGenerator<string, void, void> {
  const { keepsCrops, entries } = await store.stats();
  yield headerLine({ format: 'mnn-face-gallery', version: 1, make, keepsCrops, entries });
  for await (const entry of store.entries()) yield lineOf(entry);
}

function said({ entries, added }: Imported): string {
  return entries === 0
    ? 'Nothing was imported.'
    : `The first ${entries} entries are in the gallery (${added} of them new), the rest is not. Importing the mended file again is safe: what is there is passed over.`;
}

/** Takes entries in batches; each is durable before the next is read. */
class Importer {
  readonly result: Imported = { entries: 0, added: 0 };
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
      if (this.#keepsCrops || !batch[i]?.crop) continue;
      this.result.cropsLeftOut = (this.result.cropsLeftOut ?? 0) + 1;
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
  let promised = 0;
  const turns = new Turns();
  place.line = 1;
  for await (const text of linesOf(input)) {
    if (place.line === 1) {
      const header = parseHeader(text);
      promised = header.entries ?? 0;
      checkMake('The export', header.make, make);
    } else if (text.trim() !== '') {
      await importer.take(parseLine(schema, text));
    }
    place.line++;
    await turns.take();
  }
  if (place.line === 1) {
    throw new MnnFaceError('ERR_GALLERY', 'There is nothing to import: the input is empty.');
  }
  await importer.flush();
  const missing = promised - importer.result.entries;
  if (missing > 0) importer.result.missing = missing;
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
    throw new MnnFaceError(
      'ERR_GALLERY',
      `Line ${place.line} of the import is not usable: ${error.message.replace(/\.$/, '')}. ${said(importer.result)}`,
      { cause: error.cause },
    );
  }
  return importer.result;
}
