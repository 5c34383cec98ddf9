// Thresholds by false accept rate on lfw10, for the manifest's operatingPoints.
//   node bench/calibrate.mjs [--json]
// Of the distances of impostor pairs; rounded down to two decimals, so that a rate is kept.
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces, distance } = await import('../dist/index.js');
const { embedLfw10, pairDistances } = await import('./lfw10-embeddings.mjs');
const { rateAt, thresholdAtFar } = await import('./verification-metrics.mjs');

const faces = createFaces();
const { genuine, impostor } = pairDistances(await embedLfw10(faces), distance);
await faces.close();

const points = [0.01, 0.001, 0.0003].map((far) => {
  const threshold = Math.floor(thresholdAtFar(impostor, far) * 100) / 100;
  return { far, threshold, tar: Number(rateAt(genuine, threshold).toFixed(4)) };
});
const table = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8].map((threshold) => ({
  threshold,
  far: rateAt(impostor, threshold),
  tar: rateAt(genuine, threshold),
}));
if (process.argv.includes('--json')) console.log(JSON.stringify({ points, table }));
else {
  console.log(`${genuine.length} genuine and ${impostor.length} impostor pairs of lfw10`);
  console.log('threshold   FAR       TAR');
  for (const { threshold, far, tar } of table) {
    console.log(`${threshold.toFixed(2).padEnd(11)} ${far.toFixed(5)}   ${tar.toFixed(4)}`);
  }
  console.log(`\noperatingPoints: ${JSON.stringify(points)}`);
}
