import { MnnFaceError } from '../errors.js';
import { held } from './own-bytes.js';

const FIRST = 64 * 1024;

/** @internal */
export function tooManyBytes(maxBytes: number): MnnFaceError {
  return new MnnFaceError(
    'ERR_IMAGE_TOO_LARGE',
    (picture) =>
      `Cannot read ${picture}: it is larger than ${maxBytes} bytes, the limit for encoded pictures. Raise maxBytes if it is trusted.`,
  );
}

/**
 * @internal Memory for an encoded picture of unknown size. Chunks are copied at once, so that their
 * makers may use theirs again, and a picture in chunks of a byte takes no more than in one.
 */
export class GrowingBytes {
  #bytes: Uint8Array;
  #size = 0;

  /** Throws ERR_IMAGE_TOO_LARGE as soon as there are more than `most` bytes. */
  constructor(
    readonly most: number,
    expected = FIRST,
  ) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(most, Math.max(1, expected)));
  }

  add(chunk: Uint8Array): void {
    this.#reserve(chunk.byteLength);
    this.#bytes.set(chunk, this.#size);
    this.#size += chunk.byteLength;
  }

  /** A part to be written to, of at least one byte; then `wrote()` says how many there are. */
  room(): Uint8Array {
    if (this.#size === this.#bytes.byteLength) this.#reserve(1);
    return this.#bytes.subarray(this.#size);
  }

  wrote(count: number): void {
    this.#size += count;
  }

  get full(): boolean {
    return this.#size === this.most;
  }

  /** What there is, held; nothing can be added any more. */
  done(): Uint8Array {
    const { buffer, byteLength } = this.#bytes;
    const bytes = new Uint8Array(buffer, 0, this.#size);
    // What waits for its turn should not keep room that nobody uses.
    return held(this.#size < byteLength - byteLength / 4 ? bytes.slice() : bytes);
  }

  #reserve(count: number): void {
    const needed = this.#size + count;
    if (needed > this.most) throw tooManyBytes(this.most);
    if (needed <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(
      Math.min(this.most, Math.max(needed, 2 * this.#bytes.byteLength)),
    );
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}
