// The published protocol of Labeled Faces in the Wild, and all its pairs, on a folder of LFW that you
// have (one folder a person, as lfw.tgz and lfw-deepfunneled.tgz unpack).
//   node bench/lfw.mjs DIR [--pairs pairs.txt] [--embedder NAME] [--detector NAME] [--json]
// Without --pairs, DIR/pairs.txt is taken where it is there; else only all pairs are measured.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';
import { parsePairs, tenFolds } from './lfw-protocol.mjs';
import { peopleOf } from './people.mjs';

const { values, positionals } = parseArgs({
  options: {
    pairs: { type: 'string' },
    embedder: { type: 'string' },
    detector: { type: 'string' },
    json: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('Usage: node bench/lfw.mjs DIR [--pairs pairs.txt] [--embedder NAME] [--json]');
  process.exit(2);
}
await setUp();
const { createFaces } = await import('../dist/index.js');
const { pairDistances } = await import('../dist/calibrate/pair-distances.js');
const { operatingPoints } = await import('../dist/calibrate/operating-points.js');

const faces = createFaces({
  ...(values.embedder && { embedder: values.embedder }),
  ...(values.detector && { detector: values.detector }),
});
const people = peopleOf(folder);
const known = [];
const byName = new Map();
let without = 0;
let next = 0;
const todo = people.flatMap(({ pictures }, person) => pictures.map((file) => ({ person, file })));
const lane = async () => {
  while (next < todo.length) {
    const { person, file } = todo[next++];
    try {
      // The largest face: the pictures were cut around the person they are named after.
      const { faces: found } = await faces.embed(file, { faces: 'largest' });
      const entry = { person, vector: found[0].embedding };
      known.push(entry);
      byName.set(basename(file).replace(/\.[^.]+$/, ''), entry);
    } catch (error) {
      if (error.code !== 'ERR_NO_FACE') throw error;
      without++;
    }
    if (process.stderr.isTTY && next % 100 === 0) process.stderr.write(`\r${next}/${todo.length}`);
  }
};
await Promise.all(Array.from({ length: 6 }, lane));
await faces.close();

const pairsFile =
  values.pairs ?? (existsSync(join(folder, 'pairs.txt')) ? join(folder, 'pairs.txt') : undefined);
const protocol =
  pairsFile === undefined
    ? undefined
    : tenFolds(parsePairs(readFileSync(pairsFile, 'utf8')), byName);
const pairs = await pairDistances(known, { worst: 0 });
const result = {
  people: people.length,
  pictures: todo.length,
  withoutFace: without,
  protocol,
  genuinePairs: pairs.genuinePairs,
  impostorPairs: pairs.impostorPairs,
  operatingPoints: operatingPoints(pairs),
};
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  console.log(
    `${result.pictures} pictures of ${result.people} people; no face found in ${result.withoutFace}`,
  );
  if (protocol !== undefined) {
    console.log(
      `Published protocol: accuracy ${protocol.accuracy.toFixed(4)} ± ${protocol.standardError.toFixed(4)} (mean of ${protocol.folds} folds, standard error; ${protocol.pairs} pairs, ${protocol.missing} without a face count as wrong)`,
    );
  }
  console.log(`All pairs: ${result.genuinePairs} genuine, ${result.impostorPairs} impostor`);
  for (const { far, threshold, tar, tarInterval } of result.operatingPoints) {
    console.log(
      `FAR ${far}: distance <= ${threshold.toFixed(3)}, TAR ${tar.toFixed(4)} (${tarInterval.map((rate) => rate.toFixed(4)).join(' to ')})`,
    );
  }
}
