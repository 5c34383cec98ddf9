// Faces found on the crowd pictures, by detector and input size.
//   node bench/crowd.mjs [--json]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces } = await import('../dist/index.js');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');

const ways = {
  'rfb-320 320x240': {},
  'slim-320 320x240': { detector: 'slim-320' },
  'rfb-320 640x480': { inputSize: { width: 640, height: 480 } },
  'rfb-320 1280x960': { inputSize: { width: 1280, height: 960 } },
  mtcnn: { detector: 'mtcnn' },
  yunet: { detector: 'yunet' },
};
const folder = join(sharedDirectory, 'images', 'crowd');
const files = readdirSync(folder).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
const faces = createFaces();
const rows = [];
for (const [way, options] of Object.entries(ways)) {
  const counts = [];
  for (const file of files)
    counts.push((await faces.detect(join(folder, file), options)).faces.length);
  rows.push({ way, counts, total: counts.reduce((sum, count) => sum + count, 0) });
}
await faces.close();
if (process.argv.includes('--json')) console.log(JSON.stringify({ files, rows }));
else {
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(18) : String(cell).padStart(7))).join('');
  console.log(line(['', ...files, 'all']));
  for (const { way, counts, total } of rows) console.log(line([way, ...counts, total]));
}
