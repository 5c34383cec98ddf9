/** The pictures that all contenders get. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createFaces } from '../../dist/index.js';
import { sharedDirectory } from '../lfw10-embeddings.mjs';

const isPicture = (name) => /\.jpe?g$/i.test(name);

function picturesOf(folder) {
  return readdirSync(folder)
    .filter(isPicture)
    .sort()
    .map((name) => join(folder, name));
}

/** The pictures of images/, then those of lfw10/. */
export function benchmarkData() {
  const images = join(sharedDirectory, 'images');
  if (!existsSync(images)) {
    throw new Error('The pictures are missing: MNN_FACE_SHARED names the folder that has images/.');
  }
  const lfw = join(sharedDirectory, 'lfw10');
  const people = existsSync(lfw) ? readdirSync(lfw).sort() : [];
  const folders = people.map((name) => join(lfw, name)).filter((f) => statSync(f).isDirectory());
  return {
    pair: ['test4.jpg', 'test5.jpg'].map((name) => join(images, name)),
    pictures: [images, ...folders].flatMap(picturesOf),
    onnxFolder: join(sharedDirectory, 'onnx'),
  };
}

/** The largest face's landmarks of each picture, for who has no network that gives them. */
export async function findLandmarks({ pair, pictures }) {
  const faces = createFaces();
  const landmarks = {};
  for (const picture of new Set([...pair, ...pictures])) {
    const { faces: found } = await faces.embed(picture, { faces: 'largest' });
    landmarks[picture] = found[0].landmarks.map((point) =>
      Array.isArray(point) ? point : [point.x, point.y],
    );
  }
  await faces.close();
  return landmarks;
}
