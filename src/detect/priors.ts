/** The prior boxes of the RFB and slim detectors. */
import type { InputSize } from './types.js';

/** Pixels of the input per cell of the four feature maps. */
const STRIDES = [8, 16, 32, 64] as const;

/** Side lengths of the priors of each feature map, in pixels of the input. */
const MIN_BOXES = [
  [10, 16, 24],
  [32, 48],
  [64, 96],
  [128, 192, 256],
] as const;

function clamp01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/**
 * Centre x, centre y, width and height of every prior, in units of the input (0 to 1), four values
 * a prior, in the order of the network's outputs; 4,420 priors for 320x240, 17,640 for 640x480.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, vision/ssd/config/fd_config.py and
 * vision/utils/box_utils.py (generate_priors).
 */
export function makePriors({ width, height }: InputSize): Float32Array {
  const values: number[] = [];
  for (const [level, stride] of STRIDES.entries()) {
    const columns = Math.ceil(width / stride);
    const rows = Math.ceil(height / stride);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const x = clamp01(((column + 0.5) * stride) / width);
        const y = clamp01(((row + 0.5) * stride) / height);
        for (const side of MIN_BOXES[level] ?? []) {
          values.push(x, y, clamp01(side / width), clamp01(side / height));
        }
      }
    }
  }
  return Float32Array.from(values);
}

const cache = new Map<string, Float32Array>();

/** `makePriors`, made once per size. */
export function priorsFor(size: InputSize): Float32Array {
  const key = `${size.width}x${size.height}`;
  let priors = cache.get(key);
  if (priors === undefined) {
    priors = makePriors(size);
    // Sizes are few in one program; a program that runs through many must not fill the memory.
    if (cache.size >= 16) cache.clear();
    cache.set(key, priors);
  }
  return priors;
}
