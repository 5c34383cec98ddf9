/** Streams and other async iterables of bytes. */
import { isUint8Array } from 'node:util/types';
import { abortable } from '../abort.js';
import { typeError } from '../arguments.js';
import { MnnFaceError, messageOf, shown } from '../errors.js';
import { GrowingBytes } from './growing-bytes.js';

/** @internal Something that bytes can be drawn from. Making it draws nothing. */
export interface ByteSource {
  next(): Promise<IteratorResult<unknown>>;
  /** Ends it, whatever it is doing. Waits for nothing and throws nothing. */
  cancel(): void;
}

type NodeStream = AsyncIterable<unknown> & {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): unknown;
};
type WebStream = { getReader(): WebReader; cancel(): Promise<unknown> };
type WebReader = {
  read(): Promise<{ done: boolean; value?: unknown }>;
  cancel(): Promise<unknown>;
};

function has<K extends string>(value: object, ...names: K[]): value is Record<K, () => unknown> {
  return names.every(
    (name) => name in value && typeof (value as Record<string, unknown>)[name] === 'function',
  );
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';
}

function quietly(work: () => unknown): void {
  try {
    Promise.resolve(work()).catch(() => undefined);
  } catch {
    // It is given up; what it says to that is of no interest.
  }
}

function sourceOfIterable(iterable: AsyncIterable<unknown>): ByteSource {
  let iterator: AsyncIterator<unknown> | undefined;
  const begun = () => {
    iterator ??= iterable[Symbol.asyncIterator]();
    return iterator;
  };
  return {
    next: async () => await begun().next(),
    cancel: () => quietly(() => begun().return?.()),
  };
}

function sourceOfNodeStream(stream: NodeStream): ByteSource {
  // From now on, and for good: an error that comes while it waits, or after it was given up, must
  // not end the process. Reading it gives the error too.
  stream.on('error', () => undefined);
  return { next: sourceOfIterable(stream).next, cancel: () => quietly(() => stream.destroy()) };
}

function sourceOfWebStream(stream: WebStream): ByteSource {
  let reader: WebReader | undefined;
  return {
    async next() {
      reader ??= stream.getReader();
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    // The iterator's return() waits for the read that is under way; this does not.
    cancel: () => quietly(() => (reader ?? stream).cancel()),
  };
}

/** @internal A stream of Node or of the Web, or another async iterable; else undefined. */
export function byteSource(value: object): ByteSource | undefined {
  if (has(value, 'getReader', 'cancel')) return sourceOfWebStream(value as unknown as WebStream);
  if (!isAsyncIterable(value)) return undefined;
  return has(value, 'on', 'destroy')
    ? sourceOfNodeStream(value as unknown as NodeStream)
    : sourceOfIterable(value);
}

/**
 * @internal All bytes. When it fails, is aborted or gives too many, the source is cancelled and
 * nobody waits for it any more.
 */
export async function readSource(
  source: ByteSource,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new GrowingBytes(maxBytes);
  let givenUp = false;
  const draw = async () => {
    while (!givenUp) {
      const { done, value } = await source.next();
      if (done || givenUp) return;
      if (!isUint8Array(value)) throw typeError('A chunk of the picture stream', 'bytes', value);
      bytes.add(value);
    }
  };
  try {
    await abortable(draw(), signal);
    return bytes.done();
  } catch (error) {
    givenUp = true;
    source.cancel();
    if (error instanceof MnnFaceError) throw error;
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_ARG_TYPE') {
      throw error;
    }
    throw new MnnFaceError(
      'ERR_IMAGE_DECODE',
      (picture) => `Cannot read ${picture}: its stream failed (${shown(messageOf(error))}).`,
      { cause: error },
    );
  }
}
