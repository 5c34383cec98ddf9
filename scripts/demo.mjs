// `npm run demo [A B]`: sets up everything, compares two pairs of pictures (or your two), writes
// demo-result.jpg.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { StepFailed, say, step } from '../native/steps.mjs';
import { haveOriginalWeights, pullWeights } from './demo/weights.mjs';
import { root } from './setup/paths.mjs';
import { setUp } from './setup.mjs';
import { ensurePictures } from './test-data/pictures.mjs';

const RESULT = join(root, 'demo-result.jpg');

/** The photographs' folder, or why it is not to be had. */
const fetchPictures = () => ensurePictures().catch((error) => error);

/** Pairs of pictures, and what is true of them where that is known. */
async function samplePairs(early) {
  // Python may have come only by the set-up.
  const folder = typeof early === 'string' ? early : await fetchPictures();
  if (typeof folder === 'string') {
    return [
      { names: ['obama.jpg', 'obama2.jpg'], same: true },
      { names: ['obama.jpg', 'biden.jpg'], same: false },
    ].map(({ names, same }) => ({
      pictures: names.map((name) => join(folder, name)),
      same,
      // Some detectors see faces in the background.
      options: { faces: 'largest' },
    }));
  }
  say(
    `The photographs could not be fetched, so two drawings are compared. (${folder.message.replace(/\.$/, '')}.)`,
  );
  return [{ pictures: ['sample-a.png', 'sample-b.png'].map((name) => join(root, 'docs', name)) }];
}

function tell({ pictures, same }, { verified, distance, threshold }) {
  const names = pictures.map((path) => path.split(/[\\/]/).at(-1)).join(' and ');
  const verdict = verified ? 'the same person' : 'not the same person';
  const sign = verified ? '<=' : '>';
  const wrong = same !== undefined && same !== verified ? ' — which is wrong' : '';
  console.log(
    `${names}: ${verdict}${wrong} (distance ${distance.toFixed(4)} ${sign} threshold ${threshold})`,
  );
  return wrong === '';
}

async function compare(pairs, models) {
  const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
  const { createFaces } = await load('index.js');
  const { writeAnnotated } = await load('image/annotate.js');
  const faces = createFaces(models);
  const panels = [];
  let right = true;
  for (const pair of pairs) {
    const result = await faces.compare(...pair.pictures, pair.options);
    right = tell(pair, result) && right;
    const color = result.verified ? '#2ecc71' : '#f39c12';
    const label = `${result.verified ? 'same' : 'not the same'}: ${result.distance.toFixed(3)}`;
    for (const [i, picture] of pair.pictures.entries()) {
      const pixels = await faces.decode(picture);
      panels.push({ pixels, color, label, faces: [result.faces[i]].flat() });
    }
  }
  await faces.close();
  await writeAnnotated(RESULT, panels);
  const { detector, embedder } = models;
  console.log(`Detector ${detector}, embedder ${embedder}. The picture: ${RESULT}`);
  return right;
}

const given = process.argv.slice(2);
if (given.length !== 0 && given.length !== 2) {
  console.error('Usage: npm run demo [A B], with two pictures or none.');
  process.exit(2);
}
const from = process.env.INIT_CWD ?? process.cwd();
const own = given.map((path) => resolve(from, path));
const absent = own.find((path) => !existsSync(path));
if (absent !== undefined) {
  console.error(`There is no picture ${absent}.`);
  process.exit(2);
}
// The network is idle while compilers work.
const early = own.length === 2 ? undefined : fetchPictures();
let weights;
await setUp({
  sqlite: false,
  weights: !haveOriginalWeights(),
  onCompiled: () => {
    weights = pullWeights();
    weights.catch(() => {}); // told below
  },
});
try {
  const { use, notice } = await step('The weights', () => weights);
  if (notice) say(notice);
  const pairs = own.length === 2 ? [{ pictures: own }] : await samplePairs(await early);
  process.exitCode = (await compare(pairs, use)) ? 0 : 1;
} catch (error) {
  say(error instanceof StepFailed ? error.message : `error ${error.message} (${error.code})`);
  process.exitCode = error.exitCode ?? 2;
}
