// What pictures at the limits cost: the largest resident memory of a process that looks at one, and how
// long the event loop is held. Each case in a process of its own.
//   node bench/reliability.mjs [--json] [--only WORD] [--largest 48]
// "held" is the most processor time that the main thread took in one turn of the event loop (Linux).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string', default: '' },
    largest: { type: 'string', default: '100' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-reliability-'));

/** Faces of lfw10 side by side, as small as they are still found. */
async function collage(width, height, side) {
  const folder = join(sharedDirectory, 'lfw10');
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.jpg'));
  const tiles = await Promise.all(
    names.map((name) =>
      sharp(join(folder, name))
        .extract({ left: 70, top: 65, width: 110, height: 120 })
        .resize(side, side, { fit: 'fill' })
        .removeAlpha()
        .raw()
        .toBuffer(),
    ),
  );
  const data = Buffer.alloc(width * height * 3);
  let count = 0;
  for (let y = 0; y + side <= height; y += side) {
    for (let x = 0; x + side <= width; x += side) {
      const tile = tiles[count++ % tiles.length];
      for (let row = 0; row < side; row++) {
        tile.copy(data, ((y + row) * width + x) * 3, row * side * 3, (row + 1) * side * 3);
      }
    }
  }
  const file = join(scratch, `${width}x${height}.png`);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

async function flatPng(width, height) {
  const file = join(scratch, `flat-${width}x${height}.png`);
  const background = { r: 90, g: 120, b: 150 };
  const limitInputPixels = false;
  await sharp({ create: { width, height, channels: 3, background }, limitInputPixels })
    .png()
    .toFile(file);
  return file;
}

const SIZES = [
  [4000, 3000],
  [8000, 6000],
  [11_500, 8600],
].filter(([width, height]) => width * height <= Number(values.largest) * 1e6);
const DETECTORS = ['rfb-320', 'slim-320', 'yunet', 'mtcnn'];

const cases = [];
for (const detector of DETECTORS) {
  for (const input of SIZES) {
    const megapixels = Math.round((input[0] * input[1]) / 1e6);
    cases.push({ name: `${detector}, raw, ${megapixels} MP`, input, options: { detector } });
  }
}
const png = await flatPng(8000, 6000);
for (const detector of ['rfb-320', 'yunet', 'mtcnn']) {
  cases.push({ name: `${detector}, PNG, 48 MP`, input: png, options: { detector } });
}
cases.push({ name: 'verify, PNG with itself, 48 MP', input: png, verify: true });
for (const side of [1280, 2048, 3072]) {
  const inputSize = { width: side, height: side };
  cases.push({
    name: `rfb-320, inputSize ${side}x${side}`,
    input: [640, 480],
    options: { inputSize },
  });
}
const small = await collage(1280, 960, 24);
const large = await collage(2400, 1800, 24);
const low = { scoreThreshold: 0 };
cases.push(
  { name: 'mtcnn, 2,120 faces in 1280x960', input: small, options: { detector: 'mtcnn' } },
  { name: 'mtcnn, 7,500 faces in 2400x1800', input: large, options: { detector: 'mtcnn' } },
  {
    name: 'rfb-320, blend of all 70,500 priors',
    input: small,
    options: { ...low, nms: 'blend', inputSize: { width: 1280, height: 960 } },
  },
  {
    name: 'rfb-320, all 240,736 priors of 2048x2048',
    input: small,
    options: { ...low, inputSize: { width: 2048, height: 2048 } },
  },
  {
    name: 'yunet, all cells of 4096x3072',
    input: small,
    options: { ...low, detector: 'yunet', inputSize: { width: 4096, height: 4096 } },
  },
);

const rows = [];
try {
  for (const { name, ...each } of cases.filter((one) => one.name.includes(values.only))) {
    const args = [join(root, 'bench', 'reliability-case.mjs'), JSON.stringify(each)];
    const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`${name}: ${result.stderr}`);
    const row = { name, ...JSON.parse(result.stdout) };
    rows.push(row);
    if (!values.json) {
      const peak = `${Math.round(row.peak / 1e6)} MB`;
      const held = `${row.held.toFixed(1)} ms`;
      const seconds = `${(row.milliseconds / 1000).toFixed(1)} s`;
      console.log(
        `${name.padEnd(42)}${peak.padStart(9)}${held.padStart(10)}${seconds.padStart(9)}   ${row.outcome}`,
      );
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify(rows, undefined, 2));
