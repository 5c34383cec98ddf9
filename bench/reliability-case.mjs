// One case of bench/reliability.mjs, in a process of its own: prints what it took as JSON.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createFaces } from '../dist/index.js';

const { input, options = {}, instance = {}, verify = false } = JSON.parse(process.argv[2]);

/** Processor time of the main thread in milliseconds; NaN where the system does not tell. */
function threadTime() {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    return Number(text.split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

function rawPicture([width, height]) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 97) data[i] = (i * 7919) & 255;
  return { data, width, height, channels: 3 };
}

const faces = createFaces(instance);
const picture = typeof input === 'string' ? input : rawPicture(input);
// What the first picture of a process costs, loading of models and of sharp, is no picture's fault.
await faces.detect(rawPicture([300, 300]), options);
if (typeof input === 'string') await faces.detect('docs/sample-a.png', options);

let held = 0;
let before = threadTime();
let isRunning = true;
setImmediate(function tick() {
  const now = threadTime();
  held = Math.max(held, now - before);
  before = now;
  if (isRunning) setImmediate(tick);
});
const began = performance.now();
let outcome;
try {
  if (verify)
    outcome = (await faces.verify(picture, picture, { ...options, faces: 'largest' })).verified;
  else outcome = (await faces.detect(picture, options)).faces.length;
} catch (error) {
  outcome = error.code;
}
const milliseconds = performance.now() - began;
isRunning = false;
await faces.close();
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ outcome, milliseconds, held, peak }));
