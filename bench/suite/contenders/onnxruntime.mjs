// The same networks under onnxruntime-node, sharp for the files, JavaScript for the rest.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { config, cycle, inParallel, lazy, serve } from '../serve.mjs';
import { decodeFaces, largest } from './onnx-boxes.mjs';
import { align, resizeToPlanes } from './onnx-pixels.mjs';

const require = createRequire(join(config.folder, 'package.json'));
const ort = require('onnxruntime-node');
const sharp = require('sharp');
const { version } = JSON.parse(
  readFileSync(join(config.folder, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
);

// One thread in a run; pictures side by side give it its other cores.
const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
const session = (file) =>
  lazy(() => ort.InferenceSession.create(join(config.onnxFolder, file), OPTIONS));
const detector = session('version-RFB-320_simplified.onnx');
const embedder = session('MobileFaceNet.onnx');

async function decode(path) {
  const { data, info } = await sharp(path)
    .rotate()
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { path, data, width: info.width, height: info.height };
}

async function detect(picture) {
  const input = resizeToPlanes(picture, 320, 240);
  const { scores, boxes } = await (await detector()).run({
    input: new ort.Tensor('float32', input, [1, 3, 240, 320]),
  });
  return decodeFaces(scores.data, boxes.data, picture);
}

async function embed(picture) {
  if (largest(await detect(picture)) === undefined) throw new Error('no face was found');
  const input = align(picture, config.landmarks[picture.path]);
  const { output0 } = await (await embedder()).run({
    input0: new ort.Tensor('float32', input, [1, 3, 112, 112]),
  });
  const norm = Math.hypot(...output0.data);
  return output0.data.map((value) => value / norm);
}

const [first, second] = config.pair;
const next = cycle(config.pictures);
const decoded = lazy(() => decode(first));

await serve(
  { 'onnxruntime-node': version },
  {
    detect: {
      prepare: decoded,
      once: async () => ({ faces: (await detect(await decoded())).length }),
    },
    embed: {
      prepare: decoded,
      once: async () => {
        await embed(await decoded());
        return { faces: 1 };
      },
    },
    verify: {
      once: async () => {
        // Both pictures at once, as a caller who wants speed writes it.
        const [a, b] = await Promise.all([first, second].map(async (p) => embed(await decode(p))));
        return { distance: 1 - a.reduce((sum, value, i) => sum + value * b[i], 0) };
      },
    },
    throughput: {
      many: async (count) => {
        await inParallel(next(count), async (path) => embed(await decode(path)));
        return { faces: count };
      },
    },
  },
);
