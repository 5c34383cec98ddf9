/** A gallery as lines of JSON, out and in. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import split2 from 'split2';
import * as v from 'valibot';
import { MnnFaceError, messageOf } from '../errors.js';
import { checkMake } from './make.js';
import type { ExportHeader, Imported } from './results.js';
import type { GalleryEntry, GalleryMake, GalleryStore, NewEntry } from './store.js';
import { bytesOf } from './vectors.js';

const BATCH = 256;
/** No honest line is longer: a crop takes 50 thousand characters. */
const MOST_LINE = 16 * 1024 * 1024;
const CROP_BYTES = 112 * 112 * 3;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const bytes = v.pipe(
  v.string(),
  v.regex(BASE64, 'not base64'),
  v.transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
);

const Header = v.object({
  format: v.literal('mnn-face-gallery'),
  version: v.literal(1),
  make: v.object({
    model: v.string(),
    fingerprint: v.string(),
    dimension: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
});

function isUnit(vector: Float32Array): boolean {
  const length = Math.hypot(...vector);
  return Math.abs(length - 1) < 1e-3;
}

function lineSchema(dimension: number) {
  const size = dimension * Float32Array.BYTES_PER_ELEMENT;
  return v.object({
    subject: v.pipe(v.string(), v.minLength(1), v.maxLength(512), v.excludes('\0')),
    embedding: v.pipe(
      bytes,
      v.check((value) => value.byteLength === size, `not ${dimension} float32 values`),
      v.transform((value) => {
        const vector = new Float32Array(dimension);
        bytesOf(vector).set(value);
        return vector;
      }),
      v.check((vector) => isUnit(vector), 'no unit vector'),
    ),
    contentHash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'no SHA-256')),
    source: v.nullable(v.string()),
    metadata: v.nullable(v.record(v.string(), v.unknown())),
    crop: v.nullable(
      v.pipe(
        bytes,
        v.check((value) => value.byteLength === CROP_BYTES, 'no 112x112 RGB crop'),
      ),
    ),
  });
}

function toLine(entry: GalleryEntry): string {
  const { subject, embedding, contentHash, source, metadata, crop, enrolledAt } = entry;
  const line = {
    subject,
    embedding: Buffer.from(bytesOf(embedding)).toString('base64'),
    contentHash,
    source,
    metadata,
    crop: crop === null ? null : Buffer.from(crop).toString('base64'),
    enrolledAt,
  };
  return `${JSON.stringify(line)}\n`;
}

/** @internal */
export async function* exportLines(
  store: GalleryStore,
  make: GalleryMake,
): AsyncGenerator<string, void, void> {
  const header: ExportHeader = { format: 'mnn-face-gallery', version: 1, make };
  yield `${JSON.stringify(header)}\n`;
  for await (const entry of store.entries()) yield toLine(entry);
}

function parseLine<S extends v.GenericSchema>(
  schema: S,
  text: string,
  line: number,
): v.InferOutput<S> {
  const wrong = (reason: string, cause?: unknown) =>
    new MnnFaceError(
      'ERR_GALLERY',
      `Line ${line} of the import is not usable: ${reason}. The lines before it may be in the gallery already; importing the mended file again is safe.`,
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(messageOf(error), error);
  }
  const result = v.safeParse(schema, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw wrong(`${v.getDotPath(issue) ?? 'the line'}: ${issue.message}`);
  }
  return result.output;
}

/** @internal Text or bytes in any chunks; each batch is durable before the next is read. */
export async function importLines(
  store: GalleryStore,
  make: GalleryMake,
  input: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  onProgress: ((progress: { done: number }) => void) | undefined,
): Promise<Imported> {
  const result: Imported = { entries: 0, added: 0 };
  const schema = lineSchema(make.dimension);
  let batch: NewEntry[] = [];
  const flush = async () => {
    const added = await store.add(batch);
    result.entries += batch.length;
    result.added += added.filter((one) => one.added).length;
    batch = [];
    onProgress?.({ done: result.entries });
  };
  const read = async (lines: AsyncIterable<string>) => {
    let line = 0;
    for await (const text of lines) {
      line++;
      if (line === 1) checkMake('The export', parseLine(Header, text, line).make, make);
      else if (text.trim() !== '') batch.push(parseLine(schema, text, line));
      if (batch.length >= BATCH) await flush();
    }
    if (line === 0) {
      throw new MnnFaceError('ERR_GALLERY', 'There is nothing to import: the input is empty.');
    }
    await flush();
  };
  await pipeline(Readable.from(input), split2({ maxLength: MOST_LINE }), read);
  return result;
}
