/** What the pixels of an aligned crop say about its quality. */

/** Measures of the face's middle, in grey levels of 0 to 255. */
export interface CropMeasures {
  /**
   * Variance of the Laplacian at the size that the embedder sees: above 100 for a sharp face, below
   * 50 for one that was enlarged or is out of focus.
   *
   * Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000).
   */
  sharpness: number;
  /** Mean grey level. */
  brightness: number;
  /** Standard deviation of the grey levels. */
  contrast: number;
}

/** From brows to chin and from temple to temple: what lies around a face says nothing about it. */
const TOP = 20 / 112;
const BOTTOM = 104 / 112;
const LEFT = 20 / 112;
const RIGHT = 92 / 112;

/** OpenCV's grey of an RGB pixel, with its fixed-point weights. */
function greyOf(rgb: Uint8Array, side: number): Uint8Array {
  const grey = new Uint8Array(side * side);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const [r, g, b] = [rgb[p] as number, rgb[p + 1] as number, rgb[p + 2] as number];
    grey[i] = (r * 4899 + g * 9617 + b * 1868 + 8192) >> 14;
  }
  return grey;
}

/** @param rgb - The interleaved pixels of an aligned crop, `side` x `side`. */
export function measureCrop(rgb: Uint8Array, side: number): CropMeasures {
  const grey = greyOf(rgb, side);
  const at = (i: number) => grey[i] as number;
  let count = 0;
  let sum = 0;
  let squares = 0;
  let curve = 0;
  let curves = 0;
  const [left, right] = [Math.round(LEFT * side), Math.round(RIGHT * side)];
  for (let y = Math.round(TOP * side); y < Math.round(BOTTOM * side); y++) {
    for (let i = y * side + left; i < y * side + right; i++) {
      const value = at(i);
      const laplacian = at(i - 1) + at(i + 1) + at(i - side) + at(i + side) - 4 * value;
      count++;
      sum += value;
      squares += value * value;
      curve += laplacian;
      curves += laplacian * laplacian;
    }
  }
  const variance = (total: number, ofSquares: number) =>
    Math.max(0, ofSquares / count - (total / count) ** 2);
  return {
    sharpness: variance(curve, curves),
    brightness: sum / count,
    contrast: Math.sqrt(variance(sum, squares)),
  };
}
