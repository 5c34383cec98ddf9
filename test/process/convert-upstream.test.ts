/** Upstream's ONNX files become, byte for byte, the files that the manifest names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { shared } from '../data.js';
import { convert, expectRefusal, out, removeFolder, write } from './conversion.js';

afterAll(removeFolder);

test.each([
  ['mobilefacenet.mnn', join(shared, 'onnx', 'MobileFaceNet.onnx')],
  ['yunet-n.mnn', join(shared, 'upstream', 'yunet_n_dynamic.onnx')],
])('%s', { timeout: 300_000 }, (model, onnx) => {
  const result = convert('onnx', onnx);
  expect(result.status, result.stderr).toBe(0);
  expect(readFileSync(out).equals(readFileSync(join(shared, 'models', model)))).toBe(true);
});

test('halves and changed files: refused', () => {
  const onnx = readFileSync(join(shared, 'upstream', 'yunet_n_dynamic.onnx'));
  expectRefusal(
    convert('onnx', write('half.onnx', onnx.subarray(0, onnx.length / 2))),
    /no valid ONNX/,
  );
  // An operator that there is not: for MNN's converter to refuse.
  const renamed = Buffer.from(onnx);
  renamed.write('Conx', renamed.indexOf('Conv', renamed.indexOf('\x22\x04Conv')));
  expectRefusal(convert('onnx', write('renamed.onnx', renamed)), /MNN's converter|no valid ONNX/);
});
