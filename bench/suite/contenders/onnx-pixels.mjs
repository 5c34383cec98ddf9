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

/** The whole picture, bilinearly resized, as planes of (value - 127) / 128. */
export function resizeToPlanes({ data, width, height }, toWidth, toHeight) {
  const size = toWidth * toHeight;
  const out = new Float32Array(3 * size);
  for (let y = 0; y < toHeight; y++) {
    const sy = Math.min(height - 1, Math.max(0, ((y + 0.5) * height) / toHeight - 0.5));
    const y0 = Math.floor(sy);
    const fy = sy - y0;
    const top = y0 * width;
    const bottom = Math.min(height - 1, y0 + 1) * width;
    for (let x = 0; x < toWidth; x++) {
      const sx = Math.min(width - 1, Math.max(0, ((x + 0.5) * width) / toWidth - 0.5));
      const x0 = Math.floor(sx);
      const fx = sx - x0;
      const x1 = Math.min(width - 1, x0 + 1);
      const at = y * toWidth + x;
      for (let c = 0; c < 3; c++) {
        const a = data[3 * (top + x0) + c];
        const b = data[3 * (top + x1) + c];
        const d = data[3 * (bottom + x0) + c];
        const e = data[3 * (bottom + x1) + c];
        const upper = a + (b - a) * fx;
        const lower = d + (e - d) * fx;
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
  const sum = [0, 0, 0];
  const add = (x, y, weight) => {
    if (weight === 0 || x < 0 || y < 0 || x >= width || y >= height) return;
    const at = 3 * (y * width + x);
    for (let c = 0; c < 3; c++) sum[c] += weight * data[at + c];
  };
  for (let y = 0; y < ALIGNED; y++) {
    for (let x = 0; x < ALIGNED; x++) {
      sum.fill(0);
      for (let i = 0; i < samples; i++) {
        for (let j = 0; j < samples; j++) {
          const u = x + (j + 0.5) / samples - 0.5;
          const v = y + (i + 0.5) / samples - 0.5;
          const sx = a * u - b * v + tx;
          const sy = b * u + a * v + ty;
          const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
          const [wx, wy] = [sx - x0, sy - y0];
          add(x0, y0, (1 - wx) * (1 - wy));
          add(x0 + 1, y0, wx * (1 - wy));
          add(x0, y0 + 1, (1 - wx) * wy);
          add(x0 + 1, y0 + 1, wx * wy);
        }
      }
      for (let c = 0; c < 3; c++) {
        out[c * size + y * ALIGNED + x] = (sum[c] / (samples * samples) - MEAN[c]) / STD[c];
      }
    }
  }
  return out;
}
