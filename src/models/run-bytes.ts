/** What a run of a network takes, known before anything is allocated. */
import { availableMemory } from 'node:process';
import { MnnFaceError } from '../errors.js';
import type { Model } from './manifest.js';

/**
 * Bytes for each pixel of the input, on x86-64 with AVX2 (the widest blocks); measured as
 * the peak of a process, for inputs of 0.3 to 12 megapixels.
 */
const BYTES_A_PIXEL: Readonly<Record<string, number>> = { 'mtcnn-pnet': 264, yunet: 58 };
/** RFB and slim; others are small and of fixed size. */
const OTHER_BYTES_A_PIXEL = 74;

/** @internal Bytes that one lane holds for an input of this size, besides the weights. */
export function runBytes({ name }: Model, width: number, height: number): number {
  return (BYTES_A_PIXEL[name] ?? OTHER_BYTES_A_PIXEL) * width * height;
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;

/**
 * @internal Throws ERR_OUT_OF_MEMORY where a run needs more than there is.
 *
 * @param available - Bytes; default: what the system or the container still has.
 */
export function checkRoom(
  model: Model,
  width: number,
  height: number,
  available = availableMemory(),
): void {
  const needed = runBytes(model, width, height);
  if (needed <= available) return;
  throw new MnnFaceError(
    'ERR_OUT_OF_MEMORY',
    `Model "${model.name}" needs ${megabytes(needed)} for an input of ${width} x ${height}, and ${megabytes(available)} are free. ` +
      'Choose a smaller inputSize.',
  );
}
