// How late a 5 ms timer is while 100 detections run.
//   node bench/event-loop.mjs [--json]
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces } = await import('../dist/index.js');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');

const INTERVAL_MS = 5;
const faces = createFaces();
const picture = join(sharedDirectory, 'images', 'test4.jpg');
await faces.detect(picture);

const lateness = [];
let due = performance.now() + INTERVAL_MS;
let timer;
const tick = () => {
  const now = performance.now();
  lateness.push(Math.max(0, now - due));
  due = now + INTERVAL_MS;
  timer = setTimeout(tick, INTERVAL_MS);
};
timer = setTimeout(tick, INTERVAL_MS);
const started = performance.now();
await Promise.all(Array.from({ length: 100 }, () => faces.detect(picture)));
const elapsed = performance.now() - started;
clearTimeout(timer);
await faces.close();

lateness.sort((a, b) => a - b);
const percentile = (p) => lateness[Math.min(lateness.length - 1, Math.floor(p * lateness.length))];
const result = {
  detections: 100,
  milliseconds: elapsed,
  ticks: lateness.length,
  p50: percentile(0.5),
  p99: percentile(0.99),
  max: lateness.at(-1),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(
    `100 detections from file in ${elapsed.toFixed(0)} ms; a ${INTERVAL_MS} ms timer was late by ` +
      `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, at most ${result.max.toFixed(1)} ms (${result.ticks} ticks)`,
  );
}
