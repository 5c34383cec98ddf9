/** Pixels to the networks' inputs, in plain JavaScript. */

const TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];
const ALIGNED = 112;
const MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255];
const STD = [0.229 * 255, 0.224 * 255, 0.225 * 255];
const MOST_SAMPLES = 16;

/** For each of `count` output pixels: the byte offsets of both neighbours, and the second's weight. */
function taps(size, count, stride) {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const weight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / count - 0.5));
    const whole = Math.floor(at);
    first[i] = whole * stride;
    second[i] = Math.min(size - 1, whole + 1) * stride;
    weight[i] = at - whole;
  }
  return { first, second, weight };
}

/** The whole picture, bilinearly resized, as planes of (value - 127) / 128. */
export function resizeToPlanes({ data, width, height }, toWidth, toHeight) {
  const size = toWidth * toHeight;
  const out = new Float32Array(3 * size);
  const columns = taps(width, toWidth, 3);
  const rows = taps(height, toHeight, 3 * width);
  for (let y = 0, at = 0; y < toHeight; y++) {
    const top = rows.first[y];
    const bottom = rows.second[y];
    const fy = rows.weight[y];
    for (let x = 0; x < toWidth; x++, at++) {
      const left = columns.first[x];
      const right = columns.second[x];
      const fx = columns.weight[x];
      for (let c = 0; c < 3; c++) {
        const a = data[top + left + c];
        const b = data[bottom + left + c];
        const upper = a + (data[top + right + c] - a) * fx;
        const lower = b + (data[bottom + right + c] - b) * fx;
        out[c * size + at] = (upper + (lower - upper) * fy - 127) / 128;
      }
    }
  }
  return out;
}

/** The similarity x' = a*x - b*y + tx, y' = b*x + a*y + ty from the template to the points. */
function similarity(points) {
  const mean = (list, i) => list.reduce((sum, point) => sum + point[i], 0) / list.length;
  const [fx, fy, px, py] = [mean(TEMPLATE, 0), mean(TEMPLATE, 1), mean(points, 0), mean(points, 1)];
  let [dot, cross, norm] = [0, 0, 0];
  for (const [i, [tx, ty]] of TEMPLATE.entries()) {
    const [u, v] = [tx - fx, ty - fy];
    const [x, y] = [points[i][0] - px, points[i][1] - py];
    dot += u * x + v * y;
    cross += u * y - v * x;
    norm += u * u + v * v;
  }
  const [a, b] = [dot / norm, cross / norm];
  return { a, b, tx: px - a * fx + b * fy, ty: py - b * fx - a * fy };
}

/** The face at the landmarks as planes of MobileFaceNet's input; averaged where it shrinks. */
export function align({ data, width, height }, landmarks) {
  const { a, b, tx, ty } = similarity(landmarks);
  const shrink = Math.hypot(a, b);
  const samples = shrink > 2 ? Math.min(Math.ceil(shrink), MOST_SAMPLES) : 1;
  const size = ALIGNED * ALIGNED;
  const out = new Float32Array(3 * size);
  const count = samples * samples;
  for (let y = 0; y < ALIGNED; y++) {
    for (let x = 0; x < ALIGNED; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0; k < count; k++) {
        const u = x + ((k % samples) + 0.5) / samples - 0.5;
        const v = y + (Math.floor(k / samples) + 0.5) / samples - 0.5;
        const sx = a * u - b * v + tx;
        const sy = b * u + a * v + ty;
        const x0 = Math.floor(sx);
        const y0 = Math.floor(sy);
        // Each of the four neighbours; what lies outside of the picture is black.
        for (let n = 0; n < 4; n++) {
          const px = x0 + (n & 1);
          const py = y0 + (n >> 1);
          if (px < 0 || py < 0 || px >= width || py >= height) continue;
          const weight = (1 - Math.abs(sx - px)) * (1 - Math.abs(sy - py));
          const at = 3 * (py * width + px);
          red += weight * data[at];
          green += weight * data[at + 1];
          blue += weight * data[at + 2];
        }
      }
      const at = y * ALIGNED + x;
      out[at] = (red / count - MEAN[0]) / STD[0];
      out[size + at] = (green / count - MEAN[1]) / STD[1];
      out[2 * size + at] = (blue / count - MEAN[2]) / STD[2];
    }
  }
  return out;
}
