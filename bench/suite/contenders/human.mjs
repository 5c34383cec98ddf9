// @vladmandic/human on the WASM backend of TensorFlow.js: BlazeFace, face mesh, FaceRes descriptor;
// all of its other networks off.
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { config, cycle, lazy, serve } from '../serve.mjs';
import { decode, modulePath, require, toTensor, versionOf, wasmFolder } from './tfjs-pictures.mjs';

// Node's fetch() knows no files, and human knows no other way to its models.
const fetchByNetwork = globalThis.fetch;
globalThis.fetch = async (resource, init) => {
  const url = String(resource?.url ?? resource);
  if (!url.startsWith('file:')) return await fetchByNetwork(resource, init);
  return new Response(await readFile(fileURLToPath(url)));
};

const { Human } = require(modulePath('@vladmandic/human', 'dist', 'human.node-wasm.js'));

const human = new Human({
  backend: 'wasm',
  wasmPath: wasmFolder,
  modelBasePath: `${pathToFileURL(modulePath('@vladmandic/human', 'models')).href}/`,
  debug: false,
  cacheSensitivity: 0,
  filter: { enabled: false },
  gesture: { enabled: false },
  body: { enabled: false },
  hand: { enabled: false },
  object: { enabled: false },
  segmentation: { enabled: false },
  face: {
    enabled: true,
    detector: { enabled: true, rotation: false, maxDetected: 10, skipFrames: 0, skipTime: 0 },
    mesh: { enabled: true },
    iris: { enabled: false },
    emotion: { enabled: false },
    antispoof: { enabled: false },
    liveness: { enabled: false },
    description: { enabled: true, skipFrames: 0, skipTime: 0 },
  },
});
const detectOnly = { face: { mesh: { enabled: false }, description: { enabled: false } } };
const everything = { face: { mesh: { enabled: true }, description: { enabled: true } } };

const [first, second] = config.pair;
const next = cycle(config.pictures);

const load = lazy(async () => {
  await human.init();
  await human.load();
});

async function facesOf(picture, options) {
  await load();
  const tensor = toTensor(human.tf, picture);
  try {
    const result = await human.detect(tensor, options);
    if (result.error) throw new Error(result.error);
    return result.face;
  } finally {
    human.tf.dispose(tensor);
  }
}

async function embed(picture) {
  const [face] = await facesOf(picture, everything);
  return face?.embedding;
}

const decoded = lazy(() => decode(first));
const prepare = async () => {
  await load();
  await decoded();
};

await serve(
  { human: versionOf('@vladmandic/human'), tfjs: versionOf('@tensorflow/tfjs'), backend: 'wasm' },
  {
    detect: {
      prepare,
      once: async () => ({ faces: (await facesOf(await decoded(), detectOnly)).length }),
    },
    embed: {
      prepare,
      once: async () => ({ faces: (await embed(await decoded())) === undefined ? 0 : 1 }),
    },
    verify: {
      once: async () => {
        const a = await embed(await decode(first));
        const b = await embed(await decode(second));
        if (a === undefined || b === undefined) throw new Error('no face was found');
        return { distance: 1 - human.match.similarity(a, b), metric: '1 - its similarity' };
      },
    },
    throughput: {
      many: async (count) => {
        let faces = 0;
        for (const path of next(count)) {
          if ((await embed(await decode(path))) !== undefined) faces++;
        }
        return { faces };
      },
    },
  },
);
