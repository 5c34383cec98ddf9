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

/** Centre, width and height in units of the input (0 to 1), as float32, which the reference has. */
export interface Prior {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The priors of an input size, in the order of the network's outputs: 4,420 for 320x240, 17,640 for
 * 640x480. Each is made when it is asked for, which is for the few that score: a table of the
 * million of 4096x4096 would take longer than the network.
 *
 * Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, vision/ssd/config/fd_config.py and
 * vision/utils/box_utils.py (generate_priors).
 */
export class Priors {
  readonly count: number;
  readonly #size: InputSize;
  readonly #maps: { first: number; stride: number; columns: number; sides: readonly number[] }[];

  constructor(size: InputSize) {
    this.#size = size;
    let first = 0;
    this.#maps = STRIDES.map((stride, level) => {
      const columns = Math.ceil(size.width / stride);
      const sides = MIN_BOXES[level] ?? [];
      const map = { first, stride, columns, sides };
      first += columns * Math.ceil(size.height / stride) * sides.length;
      return map;
    });
    this.count = first;
  }

  at(index: number): Prior {
    const { width, height } = this.#size;
    const map = this.#maps.findLast(({ first }) => first <= index);
    if (map === undefined || index >= this.count) {
      throw new RangeError(`There is no prior ${index} of ${this.count}.`);
    }
    const { first, stride, columns, sides } = map;
    const cell = Math.floor((index - first) / sides.length);
    const side = sides[(index - first) % sides.length] as number;
    return {
      x: Math.fround(clamp01((((cell % columns) + 0.5) * stride) / width)),
      y: Math.fround(clamp01(((Math.floor(cell / columns) + 0.5) * stride) / height)),
      width: Math.fround(clamp01(side / width)),
      height: Math.fround(clamp01(side / height)),
    };
  }
}
