/** `data:` URLs (RFC 2397). */
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../abort.js';
import { MnnFaceError, shown } from '../errors.js';
import { GrowingBytes, tooManyBytes } from './growing-bytes.js';

/** Decoded at a time: some 2 ms. A multiple of 4. */
const PIECE = 1024 * 1024;
/** The longest head that is looked at: `data:image/svg+xml;charset=utf-8;base64`. */
const LONGEST_HEAD = 1024;
/** `application/octet-stream` and none are what programs write that do not know the type. */
const MEDIA_TYPES = /^(image\/[\w.+-]+|application\/octet-stream|)$/i;

/** @internal */
export function isDataUrl(text: string): boolean {
  return /^data:/i.test(text);
}

function broken(reason: string): MnnFaceError {
  return new MnnFaceError(
    'ERR_IMAGE_DECODE',
    (picture) => `Cannot read ${picture} from its data: URL: ${reason}.`,
  );
}

/** `%41` and the like to bytes; everything else is its own byte. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** A piece that does not end within `%41`. */
function pieceEnd(text: string, from: number): number {
  const end = Math.min(text.length, from + PIECE);
  const percent = text.lastIndexOf('%', end - 1);
  return end < text.length && percent > from && percent > end - 3 ? percent : end;
}

/**
 * @internal The bytes of a `data:` URL of a picture, in base64 or percent-encoded. Decoded in pieces
 * with a turn of the event loop between them.
 */
export async function readDataUrl(
  url: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const comma = url.slice(0, LONGEST_HEAD).indexOf(',');
  if (comma < 0) throw broken('it has no comma, so no data');
  const head = url.slice('data:'.length, comma);
  const base64 = /;\s*base64\s*$/i.test(head);
  const type = (head.split(';')[0] ?? '').trim();
  if (!MEDIA_TYPES.test(type)) throw broken(`it is of type ${shown(type, 60)}, not image/…`);
  // Escapes and spaces make a text longer than its bytes, but no sane one by so much.
  const most = base64 ? Math.ceil(maxBytes / 3) * 4 * 1.1 + LONGEST_HEAD : maxBytes * 3;
  if (url.length - comma - 1 > most) throw tooManyBytes(maxBytes);
  const bytes = new GrowingBytes(maxBytes);
  let left = '';
  for (let at = comma + 1; at < url.length; ) {
    if (at > comma + 1) await setImmediate();
    throwIfAborted(signal);
    const end = pieceEnd(url, at);
    const text = percentDecoded(url.slice(at, end));
    at = end;
    if (!base64) {
      bytes.add(Buffer.from(text, 'latin1'));
      continue;
    }
    const all = left + text.replace(/[\t\n\f\r ]+/g, '');
    const whole = at < url.length ? all.length - (all.length % 4) : all.length;
    bytes.add(decoded(all.slice(0, whole)));
    left = all.slice(whole);
  }
  return bytes.done();
}

function decoded(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const digits = text.replace(/={1,2}$/, '').length;
  // Buffer passes over what is no base64.
  if (digits % 4 === 1 || bytes.byteLength !== Math.floor((digits * 3) / 4)) {
    throw broken('it is no valid base64');
  }
  return bytes;
}
