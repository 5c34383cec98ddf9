/** Fetches one file by http(s), goes on where an earlier try was cut off, and checks its SHA-256. */
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import pRetry, { AbortError } from 'p-retry';
import { getProxyForUrl } from 'proxy-from-env';
import { type Dispatcher, fetch, type Response } from 'undici';
import * as v from 'valibot';
import { throwIfAborted } from '../../abort.js';
import { MnnFaceError } from '../../errors.js';
import { hashFile } from '../hash-file.js';
import { networkError, shown } from './failure.js';
import { withProxies } from './proxy.js';

/** What is expected; unknown only of weights that the user has to accept. */
export interface Wanted {
  /** Any of these. */
  sha256: readonly string[] | undefined;
  /** The most that is read. */
  maxBytes: number;
}

export interface DownloadOptions {
  onBytes?: ((received: number, total: number | undefined) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** More than any file of weights here. */
export const MOST_BYTES = 2 ** 30;

const RETRIES = { retries: 2, minTimeout: 200, factor: 2 };
/** A server's bad moment; other answers are its last word. */
const TRY_AGAIN = [429, 502, 503, 504];

const NoteSchema = v.object({ url: v.string(), validator: v.nullable(v.string()) });
type Note = v.InferOutput<typeof NoteSchema>;

/** What was noted of a partial file: where it came from, and what If-Range asks with. */
async function readNote(part: string): Promise<Note | undefined> {
  try {
    return v.parse(NoteSchema, JSON.parse(await readFile(`${part}.json`, 'utf8')));
  } catch {
    return undefined; // without a note, or with a damaged one, all is fetched anew
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

/** Of a response: a strong validator, which alone may be combined by If-Range. */
function validatorOf(response: Response): string | null {
  const etag = response.headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return response.headers.get('last-modified');
}

function headersFor(url: URL, have: number, validator: string | null): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  if (have > 0) {
    headers.range = `bytes=${have}-`;
    if (validator !== null) headers['if-range'] = validator;
  }
  return headers;
}

/** @returns Where the body begins in the file. Throws when the answer is of no use. */
function startOf(url: URL, response: Response, have: number): number {
  if (response.status === 206 && have > 0) {
    const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
    if (Number(range?.[1]) === have) return have;
  } else if (response.status === 200) {
    return 0;
  }
  const error = new MnnFaceError('ERR_MODEL_MISSING', `${shown(url)} answered ${response.status}`);
  if (have > 0 && (response.status === 416 || response.status === 206)) throw error;
  throw TRY_AGAIN.includes(response.status) ? error : new AbortError(error);
}

class Attempt {
  constructor(
    private readonly url: URL,
    private readonly part: string,
    private readonly wanted: Wanted,
    private readonly options: DownloadOptions,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** An AbortError ends the tries; another error is worth one more. */
  async run(): Promise<string> {
    const { url, part, wanted } = this;
    const note = await readNote(part);
    const validator = note?.url === shown(url) ? note.validator : null;
    let have = await sizeOf(part);
    // Bytes of another address, or without a validator, are only of use where the hash is known.
    if (wanted.sha256 === undefined && validator === null) have = 0;
    if (have > wanted.maxBytes) have = 0;
    const response = await this.#ask(have, validator);
    let start: number;
    try {
      start = startOf(url, response, have);
    } catch (error) {
      await response.body?.cancel();
      if (have > 0 && !(error instanceof AbortError)) await forget(part);
      throw error;
    }
    await this.#receive(response, start);
    return await this.#check(start > 0);
  }

  async #ask(have: number, validator: string | null): Promise<Response> {
    const { url, dispatcher, options } = this;
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    try {
      return await fetch(bare, {
        dispatcher,
        headers: headersFor(url, have, validator),
        signal: options.signal ?? null,
      });
    } catch (error) {
      throwIfAborted(options.signal);
      throw new AbortError(networkError(url, getProxyForUrl(bare.href), error));
    }
  }

  async #receive(response: Response, start: number): Promise<void> {
    const { url, part } = this;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? start + length : undefined;
    const note: Note = { url: shown(url), validator: validatorOf(response) };
    await writeFile(`${part}.json`, JSON.stringify(note));
    const file = await open(part, start > 0 ? 'r+' : 'w');
    try {
      await this.#write(file, response, start, total);
      await file.sync();
    } catch (error) {
      await response.body?.cancel().catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }

  async #write(
    file: FileHandle,
    response: Response,
    start: number,
    total: number | undefined,
  ): Promise<void> {
    const { url, part, wanted, options } = this;
    let at = start;
    const chunks = response.body?.values();
    while (chunks !== undefined) {
      let next: IteratorResult<Uint8Array, unknown>;
      try {
        next = await chunks.next();
      } catch (error) {
        throwIfAborted(options.signal);
        // The line broke: what has arrived is kept, and the next try goes on from there.
        throw networkError(url, getProxyForUrl(url.href), error);
      }
      if (next.done) break;
      await file.write(next.value, 0, next.value.length, at);
      at += next.value.length;
      options.onBytes?.(at, total);
      if (at > wanted.maxBytes) {
        await forget(part);
        throw new AbortError(
          new MnnFaceError(
            'ERR_MODEL_CHECKSUM',
            `${shown(url)} gives more than the ${wanted.maxBytes} bytes that are expected`,
          ),
        );
      }
    }
    await file.truncate(at);
  }

  async #check(resumed: boolean): Promise<string> {
    const { url, part, wanted } = this;
    const size = await sizeOf(part);
    const sum = await hashFile(part);
    if (size > 0 && (wanted.sha256 === undefined || wanted.sha256.includes(sum))) {
      await rm(`${part}.json`, { force: true });
      return sum;
    }
    await forget(part);
    const error = checksumError(shown(url), sum, size, wanted);
    throw resumed ? error : new AbortError(error);
  }
}

/** Other bytes than expected. */
export function checksumError(
  where: string,
  sum: string,
  size: number,
  wanted: Wanted,
): MnnFaceError {
  return new MnnFaceError(
    'ERR_MODEL_CHECKSUM',
    `${where} gave other bytes: SHA-256 ${sum} (${size} bytes), expected ${wanted.sha256?.join(' or ') ?? 'at least one byte'}`,
  );
}

/**
 * Fetches a file into `part`, which is kept when the line breaks, for the next call to go on with.
 *
 * @returns The SHA-256 of the whole file, which is one of the wanted.
 * @throws MnnFaceError `ERR_MODEL_MISSING` (no answer, or a bad one), `ERR_MODEL_CHECKSUM`
 */
export async function download(
  url: URL,
  part: string,
  wanted: Wanted,
  options: DownloadOptions = {},
): Promise<string> {
  return await withProxies((dispatcher) =>
    pRetry(async () => {
      try {
        throwIfAborted(options.signal);
        return await new Attempt(url, part, wanted, options, dispatcher).run();
      } catch (error) {
        // Only what the other side did may be otherwise the next time.
        const ours = !(error instanceof MnnFaceError) || error.code === 'ERR_ABORTED';
        throw ours && error instanceof Error && !(error instanceof AbortError)
          ? new AbortError(error)
          : error;
      }
    }, RETRIES),
  );
}
