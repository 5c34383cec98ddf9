// Decoding of RFB-320's outputs and non-maximum suppression, to have their instructions counted
// (bench/instructions.mjs): node bench/kernels-of-detect.mjs COUNT
import process from 'node:process';
import { facesOfPriors } from '../dist/detect/prior-detector.js';
import { Priors } from '../dist/detect/priors.js';
import { wholly } from '../dist/detect/slices.js';

const size = { width: 320, height: 240 };
const { count } = new Priors(size);
const scores = new Float32Array(2 * count);
const boxes = new Float32Array(4 * count);
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
// About a hundred of the priors are likely, as in a picture of a crowd.
for (let i = 0; i < count; i++) scores[2 * i + 1] = random() < 0.025 ? 0.7 + 0.3 * random() : 0.01;
for (let i = 0; i < boxes.length; i++) boxes[i] = random() - 0.5;

const options = { nms: 'hard', iouThreshold: 0.3 };
let kept = 0;
for (let i = Number(process.argv[2]); i > 0; i--) {
  kept += wholly(facesOfPriors(scores, boxes, size, 0.7, size, options)).length;
}
console.log(kept);
