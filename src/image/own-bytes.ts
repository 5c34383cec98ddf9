/** Pictures' memory of our own: nobody else can change, resize or transfer it while native code reads it. */
import { setImmediate } from 'node:timers/promises';
import { native, type TypedArray } from '../native.js';

/**
 * Copied before the call returns, in some 10 ms: all encoded pictures that people have, and a frame of 4K video with
 * alpha. More would hold up the event loop.
 */
const AT_ONCE = 32 * 1024 * 1024;
/** What is more than that is copied in such pieces, in about 3 ms each. */
const PIECE = 8 * 1024 * 1024;

/** @internal Says that the library made this array and hands it out to nobody, and gives it back. */
export function held<T extends TypedArray>(array: T): T {
  return native().hold(array);
}

function changed(): TypeError & { code: string } {
  return Object.assign(
    new TypeError(
      'The memory of the picture was transferred or made smaller during the call. Leave it alone until the call settles.',
    ),
    { code: 'ERR_INVALID_ARG_VALUE' },
  );
}

/**
 * @internal A held copy. Of up to 32 MiB it is whole before this function returns (the caller may use the memory for
 * something else at once); of more, when the promise resolves.
 */
export async function ownBytes(source: Uint8Array | Uint8ClampedArray): Promise<Uint8Array> {
  const size = source.length;
  // Not zeroed first; of its own memory, not a part of Buffer's pool.
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  for (let at = 0; at < size; ) {
    if (at > 0) {
      await setImmediate();
      if (source.length < size) throw changed();
    }
    const length = Math.min(at === 0 ? AT_ONCE : PIECE, size - at);
    copy.set(new Uint8Array(source.buffer, source.byteOffset + at, length), at);
    at += length;
  }
  return held(copy);
}
