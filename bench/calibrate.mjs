// Thresholds by false accept rate, for the manifest's operatingPoints: all pairs of a folder of people.
//   node bench/calibrate.mjs [DIR] [--embedder NAME] [--models DIR] [--json]
// DIR has a folder of pictures for each person; default: ../shared/lfw-calibration (1,501 people of
// LFW). Millions of pairs are fine. A threshold is rounded down to three decimals, so that its rate is
// kept; a rate of which fewer than 30 pairs would be accepted is not told.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces } = await import('../dist/index.js');
const { allPairs, aucOf } = await import('./distance-histogram.mjs');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');
const { embedPeople } = await import('./people-folder.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    embedder: { type: 'string', default: 'mobilefacenet' },
    models: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
const LEAST_ACCEPTED = 30;

const faces = createFaces({
  embedder: values.embedder,
  ...(values.models && { models: values.models }),
});
const tell = (done, all) => {
  if (done % 250 === 0 || done === all) console.error(`${done} of ${all} pictures`);
};
const root = positionals[0] ?? join(sharedDirectory, 'lfw-calibration');
const embedded = await embedPeople(faces, root, tell);
await faces.close();
const { genuine, impostor } = allPairs(embedded);
if (genuine.total === 0 || impostor.total === 0) {
  console.error(`${root} needs two people and one with two pictures, each in a folder of its own.`);
  process.exit(2);
}

const at = (threshold) => ({
  far: impostor.rateAt(threshold),
  tar: Number(genuine.rateAt(threshold).toFixed(4)),
  threshold,
});
const operatingPoints = RATES.filter((far) => far * impostor.total >= LEAST_ACCEPTED).map(
  (far) => ({
    ...at(Math.floor(impostor.thresholdAt(far) * 1000) / 1000),
    far,
  }),
);
const table = Array.from({ length: 10 }, (_, i) => at((35 + 5 * i) / 100));
const result = {
  embedder: values.embedder,
  pictures: embedded.people.length,
  people: new Set(embedded.people).size,
  withoutFace: embedded.missing.length,
  genuinePairs: genuine.total,
  impostorPairs: impostor.total,
  auc: aucOf(genuine, impostor),
  operatingPoints,
  table,
};
if (values.json) console.log(JSON.stringify(result));
else {
  const count = (value) => value.toLocaleString('en');
  console.log(
    `${result.embedder}: ${count(result.pictures)} pictures of ${count(result.people)} people ` +
      `(${result.withoutFace} more without a face), ${count(genuine.total)} genuine and ` +
      `${count(impostor.total)} impostor pairs, AUC ${result.auc.toFixed(5)}`,
  );
  console.log('threshold   FAR       TAR');
  for (const { threshold, far, tar } of table) {
    console.log(`${threshold.toFixed(2).padEnd(11)} ${far.toFixed(6)}  ${tar.toFixed(4)}`);
  }
  console.log(`\noperatingPoints: ${JSON.stringify(operatingPoints)}`);
}
