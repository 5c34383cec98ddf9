// @vladmandic/face-api on the WASM backend of TensorFlow.js: SSD MobileNet v1, 68 landmarks,
// FaceNet-like descriptor of 128 values.
import { config, cycle, lazy, serve } from '../serve.mjs';
import { decode, modulePath, require, toTensor, versionOf, wasmFolder } from './tfjs-pictures.mjs';

const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
const faceapi = require(modulePath('@vladmandic/face-api', 'dist', 'face-api.node-wasm.js'));

const [first, second] = config.pair;
const next = cycle(config.pictures);

const load = lazy(async () => {
  wasm.setWasmPaths(wasmFolder);
  await tf.setBackend('wasm');
  await tf.ready();
  const models = modulePath('@vladmandic/face-api', 'model');
  await faceapi.nets.ssdMobilenetv1.loadFromDisk(models);
  await faceapi.nets.faceLandmark68Net.loadFromDisk(models);
  await faceapi.nets.faceRecognitionNet.loadFromDisk(models);
});

const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5 });

async function onTensor(picture, work) {
  await load();
  const tensor = toTensor(tf, picture);
  try {
    return await work(tensor);
  } finally {
    tensor.dispose();
  }
}

const detect = (picture) =>
  onTensor(picture, (tensor) => faceapi.detectAllFaces(tensor, options).run());

async function embed(picture) {
  const found = await onTensor(picture, (tensor) =>
    faceapi.detectSingleFace(tensor, options).withFaceLandmarks().withFaceDescriptor().run(),
  );
  return found?.descriptor;
}

const decoded = lazy(() => decode(first));
const prepare = async () => {
  await load();
  await decoded();
};

await serve(
  {
    'face-api': versionOf('@vladmandic/face-api'),
    tfjs: versionOf('@tensorflow/tfjs'),
    backend: 'wasm',
  },
  {
    detect: { prepare, once: async () => ({ faces: (await detect(await decoded())).length }) },
    embed: {
      prepare,
      once: async () => ({ faces: (await embed(await decoded())) === undefined ? 0 : 1 }),
    },
    verify: {
      once: async () => {
        const a = await embed(await decode(first));
        const b = await embed(await decode(second));
        if (a === undefined || b === undefined) throw new Error('no face was found');
        return { distance: faceapi.euclideanDistance(a, b), metric: 'Euclidean' };
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
