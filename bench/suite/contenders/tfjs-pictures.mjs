/** What face-api and human share: TensorFlow.js on WASM, and pictures as its tensors. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { config } from '../serve.mjs';

/** The contender's own packages. */
export const require = createRequire(join(config.folder, 'package.json'));

export const modulePath = (...names) => join(config.folder, 'node_modules', ...names);

export const versionOf = (name) =>
  JSON.parse(readFileSync(modulePath(...name.split('/'), 'package.json'), 'utf8')).version;

/** Where the WASM files lie, as setWasmPaths() wants it. */
export const wasmFolder = `${modulePath('@tensorflow', 'tfjs-backend-wasm', 'dist')}/`;

/** Decodes a file by sharp to 8-bit RGB. */
export async function decode(path) {
  const { data, info } = await require('sharp')(path)
    .rotate()
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** A decoded picture as a tensor of height × width × 3. */
export function toTensor(tf, { data, width, height }) {
  return tf.tensor3d(data, [height, width, 3], 'int32');
}
