/** Chunks of text or bytes as lines. */
import { TextDecoder } from 'node:util';
import { isUint8Array } from 'node:util/types';
import { typeError } from '../arguments.js';
import type { Many } from '../batch.js';
import { LineFault } from './transfer-lines.js';

/** No honest line is longer: a crop takes 50 thousand characters. */
const MOST_LINE = 16 * 1024 * 1024;
/** Bytes decoded at a time. */
const PIECE = 1 << 18;

/** By a byte order mark, as editors and Windows' shells put it first; else UTF-8. */
function decoderFor(first: Uint8Array): TextDecoder {
  const [a, b] = first;
  const encoding =
    a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { fatal: true });
}

function decode(decoder: TextDecoder, piece: Uint8Array | undefined): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch (error) {
    throw new LineFault(`it is not ${decoder.encoding.toUpperCase()} text`, { cause: error });
  }
}

async function* textOf(input: Many<string | Uint8Array>): AsyncGenerator<string, void, void> {
  let decoder: TextDecoder | undefined;
  let before: Uint8Array = new Uint8Array(0);
  let isFirst = true;
  for await (const chunk of input) {
    if (typeof chunk === 'string') {
      yield isFirst ? chunk.replace(/^\uFEFF/, '') : chunk;
      isFirst &&= chunk === '';
      continue;
    }
    if (!isUint8Array(chunk)) throw typeError('lines', 'text or bytes (Uint8Array)', chunk);
    const bytes: Uint8Array = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    if (decoder === undefined && bytes.length < 2) {
      before = bytes.slice();
      continue;
    }
    before = new Uint8Array(0);
    isFirst = false;
    decoder ??= decoderFor(bytes);
    for (let at = 0; at < bytes.length; at += PIECE) {
      yield decode(decoder, bytes.subarray(at, at + PIECE));
    }
  }
  if (before.length > 0) yield decode(new TextDecoder('utf-8', { fatal: true }), before);
  if (decoder !== undefined) yield decode(decoder, undefined);
}

/**
 * The lines, without their ends.
 *
 * @internal
 * @throws LineFault for what is no text, and for a line that is longer than any that we write.
 */
export async function* linesOf(
  input: Many<string | Uint8Array>,
): AsyncGenerator<string, void, void> {
  let parts: string[] = [];
  let length = 0;
  const take = (part: string) => {
    parts.push(part);
    length += part.length;
    if (length > MOST_LINE) {
      throw new LineFault(`it is longer than ${MOST_LINE / 2 ** 20} million characters`);
    }
  };
  const line = () => {
    const whole = parts.join('');
    parts = [];
    length = 0;
    return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
  };
  for await (const text of textOf(input)) {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      take(text.slice(from, end));
      from = end + 1;
      yield line();
    }
    take(text.slice(from));
  }
  if (length > 0) yield line();
}
