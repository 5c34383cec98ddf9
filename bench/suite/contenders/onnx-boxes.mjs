/** RFB-320's outputs to faces, as its authors decode them. */

const INPUT = { width: 320, height: 240 };
const LEVELS = [
  { stride: 8, sides: [10, 16, 24] },
  { stride: 16, sides: [32, 48] },
  { stride: 32, sides: [64, 96] },
  { stride: 64, sides: [128, 192, 256] },
];
const LEAST_SCORE = 0.7;
const MOST_OVERLAP = 0.3;
const clip = (value) => Math.min(1, Math.max(0, value));

function makePriors() {
  const priors = [];
  for (const { stride, sides } of LEVELS) {
    for (let y = 0; y < Math.ceil(INPUT.height / stride); y++) {
      for (let x = 0; x < Math.ceil(INPUT.width / stride); x++) {
        for (const side of sides) {
          priors.push(
            clip(((x + 0.5) * stride) / INPUT.width),
            clip(((y + 0.5) * stride) / INPUT.height),
            clip(side / INPUT.width),
            clip(side / INPUT.height),
          );
        }
      }
    }
  }
  return Float32Array.from(priors);
}

const PRIORS = makePriors();

const area = ({ x1, y1, x2, y2 }) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

function overlap(a, b) {
  const shared = area({
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
    x2: Math.min(a.x2, b.x2),
    y2: Math.min(a.y2, b.y2),
  });
  return shared / (area(a) + area(b) - shared + 1e-5);
}

/** Decoded likely boxes after non-maximum suppression, in pixels, best first. */
export function decodeFaces(scores, boxes, { width, height }) {
  const candidates = [];
  for (let i = 0; i < scores.length / 2; i++) {
    const score = scores[2 * i + 1];
    if (!(score > LEAST_SCORE)) continue;
    const o = 4 * i;
    const x = boxes[o] * 0.1 * PRIORS[o + 2] + PRIORS[o];
    const y = boxes[o + 1] * 0.1 * PRIORS[o + 3] + PRIORS[o + 1];
    const w = Math.exp(boxes[o + 2] * 0.2) * PRIORS[o + 2];
    const h = Math.exp(boxes[o + 3] * 0.2) * PRIORS[o + 3];
    candidates.push({ score, x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2 });
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const candidate of candidates) {
    if (kept.every((other) => overlap(candidate, other) <= MOST_OVERLAP)) kept.push(candidate);
  }
  return kept.map(({ score, x1, y1, x2, y2 }) => ({
    score,
    x1: x1 * width,
    y1: y1 * height,
    x2: x2 * width,
    y2: y2 * height,
  }));
}

/** The face with the largest box. */
export function largest(faces) {
  return faces.reduce(
    (best, face) => (best === undefined || area(face) > area(best) ? face : best),
    undefined,
  );
}
