/** Upstream's files become the models that ../shared has, byte for byte or by what they give. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { native } from '../../src/native.js';
import { shared } from '../data.js';
import { convert, expectRefusal, out, removeFolder, write } from '../process/conversion.js';

const upstream = (name: string) => join(shared, 'upstream', name);
afterAll(removeFolder);

test.each([
  ['mobilefacenet.mnn', join(shared, 'onnx', 'MobileFaceNet.onnx')],
  ['yunet-n.mnn', upstream('yunet_n_dynamic.onnx')],
])('%s', { timeout: 300_000 }, (model, onnx) => {
  const result = convert('onnx', onnx);
  expect(result.status, result.stderr).toBe(0);
  expect(readFileSync(out).equals(readFileSync(join(shared, 'models', model)))).toBe(true);
});

/** What a liveness model gives for pixels of blocks and noise. */
async function probabilities(model: Uint8Array): Promise<number[][]> {
  const session = await native().Session.load(model, {
    lanes: 1,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input: 'input',
    inputShape: [1, 3, 80, 80],
    outputs: [{ name: 'probability', shape: [1, 3] }],
  });
  const found: number[][] = [];
  for (let seed = 1; seed <= 8; seed++) {
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const blocks = Array.from({ length: 3 * 10 * 10 }, () => next(226));
    const tensor = Float32Array.from({ length: 3 * 80 * 80 }, (_, i) => {
      const [channel, row, column] = [Math.floor(i / 6400), Math.floor(i / 80) % 80, i % 80];
      return (blocks[100 * channel + 10 * (row >> 3) + (column >> 3)] ?? 0) + next(30);
    });
    const [output] = await session.run({ tensor, width: 80, height: 80 });
    found.push([...(output ?? [])]);
  }
  await session.close();
  return found;
}

test.each([
  ['minifasnet-v2-2.7', '2.7_80x80_MiniFASNetV2.pth'],
  ['minifasnet-v1se-4.0', '4_0_0_80x80_MiniFASNetV1SE.pth'],
])(
  '%s gives what the one that went through torch gives',
  { timeout: 300_000 },
  async (model, pth) => {
    const result = convert(model, upstream(pth));
    expect(result.status, result.stderr).toBe(0);
    const found = await probabilities(readFileSync(out));
    const wanted = await probabilities(readFileSync(join(shared, 'models-next', `${model}.mnn`)));
    expect(new Set(wanted.map((row) => row[1]?.toFixed(3))).size).toBeGreaterThan(1);
    const differences = found.flatMap((row, i) =>
      row.map((value, j) => Math.abs(value - (wanted[i]?.[j] ?? Number.NaN))),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  },
);

test('the other network’s weights, and ones that lack a layer: refused', () => {
  const v2 = upstream('2.7_80x80_MiniFASNetV2.pth');
  expectRefusal(convert('minifasnet-v1se-4.0', v2), /not the weights of MiniFASNet v1se/);
  const v1se = upstream('4_0_0_80x80_MiniFASNetV1SE.pth');
  expectRefusal(convert('minifasnet-v2-2.7', v1se), /se_module.* is none of them/);
  const renamed = readFileSync(v2);
  renamed.write('module.prox', renamed.indexOf('module.prob.weight'));
  expectRefusal(convert('minifasnet-v2-2.7', write('x.pth', renamed)), /prob\.weight is missing/);
});

test('halves and changed ONNX files: refused', () => {
  const onnx = readFileSync(upstream('yunet_n_dynamic.onnx'));
  const half = write('half.onnx', onnx.subarray(0, onnx.length / 2));
  expectRefusal(convert('onnx', half), /no valid ONNX/);
  // An operator that there is not: for MNN's converter to refuse.
  const renamed = Buffer.from(onnx);
  for (let at = renamed.indexOf('\x04Conv'); at >= 0; at = renamed.indexOf('\x04Conv', at)) {
    renamed.write('Cinv', at + 1);
  }
  expectRefusal(convert('onnx', write('renamed.onnx', renamed)), /MNN's converter can read/);
});
