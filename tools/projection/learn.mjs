// Learns the directions in which an embedder moves small, blurred and compressed faces, for the
// `projection` of its manifest entry. Without them poor faces of different people look alike.
//
//   node tools/projection/learn.mjs PEOPLE [--embedder NAME]      PEOPLE: one folder a person
//
// Prints the entry. The manifest's were learnt on ../shared/lfw-calibration.
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peopleOf } from '../../bench/people.mjs';
import { ensureEnvironment } from '../../scripts/reference/environment.mjs';
import { setUp } from '../../scripts/setup.mjs';

const SIDE = 112;
const CROP_BYTES = SIDE * SIDE * 3;
const script = join(dirname(fileURLToPath(import.meta.url)), 'projection.py');

const { values, positionals } = parseArgs({
  options: { embedder: { type: 'string', default: 'mobilefacenet' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('Usage: node tools/projection/learn.mjs PEOPLE [--embedder NAME]');
  process.exit(2);
}
await setUp();
const { createFaces } = await import('../../dist/index.js');
// The network's own vectors: what is learnt must not depend on a projection that is there already.
const faces = createFaces({ embedder: values.embedder, embeddingVersion: 1 });
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-projection-'));
const file = (name) => join(scratch, name);

function python(interpreter, ...args) {
  const result = spawnSync(interpreter, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (result.status !== 0) throw new Error(`projection.py ${args[0]} failed`);
  return result.stdout.trim();
}

async function embedCrops(crops) {
  const count = crops.length / CROP_BYTES;
  const vectors = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const i = next++;
      const data = new Uint8Array(crops.subarray(i * CROP_BYTES, (i + 1) * CROP_BYTES));
      vectors[i] = await faces.embedAligned({ data, width: SIDE, height: SIDE });
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  const dimension = vectors[0].length;
  const all = new Float32Array(count * dimension);
  vectors.forEach((vector, i) => {
    all.set(vector, i * dimension);
  });
  return { all, dimension };
}

try {
  const interpreter = await ensureEnvironment();
  const out = createWriteStream(file('crops'));
  let people = 0;
  for (const { pictures } of peopleOf(folder)) {
    people++;
    for (const picture of pictures) {
      const [face] = await faces.align(picture, { faces: 'largest' });
      out.write(face.crop.data);
    }
  }
  await new Promise((resolve) => out.end(resolve));
  python(interpreter, 'degrade', file('crops'), file('poor-crops'));
  const sharp = await embedCrops(readFileSync(file('crops')));
  const poor = await embedCrops(readFileSync(file('poor-crops')));
  writeFileSync(file('sharp'), sharp.all);
  writeFileSync(file('poor'), poor.all);
  const data = python(
    interpreter,
    'directions',
    file('sharp'),
    file('poor'),
    String(sharp.dimension),
  );
  console.error(`${people} people, ${sharp.all.length / sharp.dimension} faces`);
  console.log(JSON.stringify({ projection: { version: 2, data } }, null, 2));
} finally {
  rmSync(scratch, { recursive: true, force: true });
  await faces.close();
}
