/** The lines of an export: a header, and an entry in each of the others. */
import * as v from 'valibot';
import { messageOf } from '../errors.js';
import type { ExportHeader } from './results.js';
import type { GalleryEntry } from './store.js';
import { checkSubject } from './subject.js';
import { bytesOf, dot, vectorOf } from './vectors.js';

const CROP_BYTES = 112 * 112 * 3;
/** The last day that JavaScript knows. */
const MOST_TIME = 8.64e15;

const bytes = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const text = dataset.value;
    const decoded = new Uint8Array(Buffer.from(text, 'base64'));
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    // What is no base64 is passed over, and then the bytes are fewer.
    if (decoded.length === Math.floor(((text.length - padding) * 3) / 4)) return decoded;
    addIssue({ message: 'not base64' });
    return NEVER;
  }),
);

/** @internal */
export const Header = v.object({
  format: v.literal('mnn-face-gallery'),
  version: v.literal(1),
  make: v.object({
    model: v.string(),
    fingerprint: v.string(),
    dimension: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  keepsCrops: v.optional(v.boolean()),
  entries: v.optional(v.number()),
});

const subject = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return checkSubject('it', dataset.value);
    } catch (error) {
      addIssue({ message: messageOf(error) });
      return NEVER;
    }
  }),
);

function isUnit(vector: Float32Array): boolean {
  return Math.abs(Math.sqrt(dot(vector, vector)) - 1) < 1e-3;
}

/** @internal An entry's line; what an earlier version did not write may be absent. */
export function entrySchema(dimension: number) {
  const size = dimension * Float32Array.BYTES_PER_ELEMENT;
  return v.object({
    subject,
    embedding: v.pipe(
      bytes,
      v.check((value) => value.byteLength === size, `not ${dimension} float32 values`),
      v.transform((value) => vectorOf(value)),
      v.check(isUnit, 'no unit vector'),
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
    enrolledAt: v.exactOptional(
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_TIME)),
    ),
  });
}

/** @internal */
export function lineOf(entry: GalleryEntry): string {
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
export function headerLine(header: ExportHeader): string {
  return `${JSON.stringify(header)}\n`;
}

/** What is wrong with a line; whoever imports says what became of the lines before. */
export class LineFault extends Error {}

/** JSON, or the fault of a line that is none: said without the text, which is personal data. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = /at position \d+/.exec(messageOf(error))?.[0];
    throw new LineFault(`it is no JSON${where === undefined ? ', or cut off' : ` (${where})`}`, {
      cause: error,
    });
  }
}

/** @internal @throws LineFault */
export function parseLine<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
  const result = v.safeParse(schema, jsonOf(text));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new LineFault(`${v.getDotPath(issue) ?? 'the line'}: ${issue.message}`);
}

/** @internal @throws LineFault */
export function parseHeader(text: string): v.InferOutput<typeof Header> {
  try {
    return parseLine(Header, text);
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    throw new LineFault(
      `${error.message}; the first line must be the header of an export (is this a file that "gallery export" wrote?)`,
    );
  }
}
