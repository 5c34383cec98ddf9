/** Embedding models of the user's own: the original system's SENet50, ONNX, MNN, and what is none. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaces, distance } from '../../src/index.js';
import { native } from '../../src/native.js';
import { image, shared } from '../data.js';
import { cli, root } from '../process/run.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-import-'));
const tool = (name: string) => join(root, 'tools', 'convert', name);
const python = (...args: string[]) =>
  execFileSync('python3', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const models = join(folder, 'models');
const senet = join(folder, 'senet.h5');
const importModel = (file: string, name: string, preset: string, ...more: string[]) =>
  cli('models', 'import', file, '--name', name, '--preset', preset, '--models', models, ...more);

beforeAll(() => {
  // Making the Python environment of the converter may take a minute.
  python(tool('random_senet50.py'), senet);
  const result = importModel(senet, 'vggface-senet50', 'vggface-senet50', '--json');
  expect(result.status, result.stderr).toBe(0);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As much of the .npy format as float32 arrays take. */
function writeNpy(file: string, values: Float32Array, shape: number[]): void {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(padded.length, 8);
  writeFileSync(file, Buffer.concat([head, Buffer.from(padded), Buffer.from(values.buffer)]));
}

describe('VGGFace SENet50', () => {
  test('the converter’s own check: layouts of Keras, numpy’s forward pass, files to refuse', {
    timeout: 600_000,
  }, () => {
    const report = JSON.parse(python(tool('self_check.py'), '--json')) as {
      ok: boolean;
      conversions: { case: string; relativeToNumpy: number }[];
      refusals: { ok: boolean; exitCode: number }[];
    };
    expect(report.ok).toBe(true);
    const float = report.conversions.find((conversion) => conversion.case === 'senet50');
    expect(float?.relativeToNumpy).toBeLessThan(1e-3);
    expect(report.refusals.length).toBeGreaterThan(10);
  });

  test('embeds the box as the original does: cut, cubic, BGR less the means', {
    timeout: 120_000,
  }, async () => {
    const faces = createFaces({ embedder: 'vggface-senet50', models });
    const result = await faces.embed(image('test.jpg'));
    const [face] = result.faces;
    if (face === undefined) throw new Error('no face');
    expect(face.embedding).toHaveLength(2048);
    expect(result).toMatchObject({ model: 'vggface-senet50' });
    expect(result.fingerprint).toMatch(/:box-cubic-1$/);
    // The same by numpy, from the same pixels.
    const pixels = await faces.decode(image('test.jpg'));
    const [x, y] = [Math.trunc(face.box.x), Math.trunc(face.box.y)];
    const width = Math.trunc(face.box.x + face.box.width) - x;
    const height = Math.trunc(face.box.y + face.box.height) - y;
    const resized = await native().resample({
      picture: pixels,
      geometry: 'cubic',
      regions: Float64Array.of(x, y, width, height),
      width: 224,
      height: 224,
    });
    const means = [91.4953, 103.8827, 131.0912];
    const input = new Float32Array(224 * 224 * 3);
    for (let i = 0; i < input.length; i++) {
      const channel = i % 3;
      input[i] = (resized[i - channel + 2 - channel] as number) - (means[channel] as number);
    }
    writeNpy(join(folder, 'input.npy'), input, [1, 224, 224, 3]);
    python(
      tool('numpy_senet50.py'),
      senet,
      join(folder, 'input.npy'),
      '--out',
      join(folder, 'out.npy'),
    );
    const bytes = readFileSync(join(folder, 'out.npy'));
    const at = 10 + bytes.readUInt16LE(8);
    const expected = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 4 * 2048),
    );
    expect(distance(face.embedding, [...expected])).toBeLessThan(1e-6);
    await faces.close();
  });

  test('verify: cosine, match at 0.5', () => {
    const result = cli(
      'verify',
      image('test4.jpg'),
      image('test4.jpg'),
      '--embedder',
      'vggface-senet50',
      '--models',
      models,
      '--json',
    );
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      verified: true,
      threshold: 0.5,
      metric: 'cosine',
      model: 'vggface-senet50',
    });
  });

  test('without the weights the error says where to get them', () => {
    const result = cli('embed', image('test.jpg'), '--embedder', 'vggface-senet50');
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('rcmalli_vggface_tf_notop_senet50.h5');
  });
});

describe('ONNX and MNN', () => {
  test('an ONNX embedder gives what the same network gives as MNN', async () => {
    const onnx = importModel(
      join(shared, 'onnx', 'MobileFaceNet.onnx'),
      'from-onnx',
      'mobilefacenet',
    );
    expect(onnx.status, onnx.stderr).toBe(0);
    expect(onnx.stdout).toMatch(/128 values from 112 x 112 RGB, aligned faces/);
    const mnn = importModel(
      join(shared, 'models', 'mobilefacenet.mnn'),
      'from-mnn',
      'mobilefacenet',
    );
    expect(mnn.status, mnn.stderr).toBe(0);
    const own = createFaces({ embedder: 'from-onnx', models });
    const packaged = createFaces();
    const a = (await own.embed(image('test4.jpg'))).faces[0];
    const b = (await packaged.embed(image('test4.jpg'))).faces[0];
    if (a === undefined || b === undefined) throw new Error('no face');
    expect(distance([...a.embedding], [...b.embedding])).toBeLessThan(1e-5);
    // The same numbers, but another model: they are not comparable.
    expect(() => distance(a, b)).toThrow(
      expect.objectContaining({ code: 'ERR_EMBEDDING_MISMATCH' }),
    );
    await own.close();
    await packaged.close();
  });

  test('custom preprocessing is kept', () => {
    const result = importModel(
      join(shared, 'models', 'mobilefacenet.mnn'),
      'odd',
      'custom',
      '--mean',
      '1,2,3',
      '--scale',
      '0.5',
      '--order',
      'bgr',
      '--crop',
      'square',
      '--threshold',
      '0.3',
      '--json',
    );
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout).model).toMatchObject({
      threshold: 0.3,
      face: { crop: 'square' },
      input: { order: 'bgr', mean: [1, 2, 3], scale: [0.5, 0.5, 0.5] },
    });
    const listed = cli('models', 'list', '--models', models);
    expect(listed.stdout).toContain('odd');
  });

  test.each<[string, () => string, RegExp]>([
    ['a missing file', () => join(folder, 'none.onnx'), /There is no file/],
    ['a text', () => write('text.onnx', 'no model'), /no valid ONNX model/],
    ['an unknown ending', () => write('model.pt', 'x'), /no model that can be imported/],
    [
      'a text named .mnn',
      () => write('text.mnn', 'no model, but long enough to be read'),
      /not an MNN model/,
    ],
    ['a detector', () => join(shared, 'models', 'yunet-n.mnn'), /12 outputs/],
    ['half an MNN', () => half(join(shared, 'models', 'mobilefacenet.mnn')), /not an MNN model/],
  ])('%s: exit 2, one sentence, nothing kept', (_, make, message) => {
    const result = importModel(make(), 'refused', 'arcface-112');
    expect(result.status, result.stdout).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(cli('models', 'list', '--models', models).stdout).not.toContain('refused');
  });

  test('names that are taken or are paths', () => {
    const file = join(shared, 'models', 'mobilefacenet.mnn');
    expect(importModel(file, 'rfb-320', 'custom').status).toBe(2);
    expect(importModel(file, '../x', 'custom').status).toBe(2);
    expect(importModel(file, 'x', 'nonsense').status).toBe(2);
  });

  test('an entry that was tampered with is refused', () => {
    expect(
      importModel(join(shared, 'models', 'mobilefacenet.mnn'), 'bent', 'mobilefacenet').status,
    ).toBe(0);
    writeFileSync(join(models, 'bent.json'), '{"name":"bent","role":"embedder"}');
    const result = cli('embed', image('test.jpg'), '--embedder', 'bent', '--models', models);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('ERR_MODEL_INVALID');
    rmSync(join(models, 'bent.json'));
  });
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function half(path: string): string {
  const file = join(folder, 'half.mnn');
  const bytes = readFileSync(path);
  writeFileSync(file, bytes);
  truncateSync(file, bytes.length >> 1);
  return file;
}

test('the probe is a program of its own', () => {
  const result = spawnSync(
    process.execPath,
    [join(root, 'dist/models/probe-model.js'), join(shared, 'models', 'mobilefacenet.mnn'), '112'],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(result.stdout)).toMatchObject({
    ok: true,
    dimension: 128,
    input: 'input0',
    output: 'output0',
  });
});
