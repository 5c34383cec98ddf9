/** The converters of weights: the bytes they give, their environment, and what they cannot do. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { native } from '../../src/native.js';
import {
  assets,
  convert,
  data,
  fetchPackages,
  folder,
  out,
  removeFolder,
  tool,
  write,
} from '../process/conversion.js';

beforeAll(() => {
  fetchPackages();
  // Makes the Python environment, where there is none yet.
  const made = convert('mtcnn-pnet', join(data, 'pnet.pt'));
  expect(made.status, made.stderr).toBe(0);
}, 300_000);
afterAll(removeFolder);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('weights of registries', () => {
  // The hashes of the files in models/manifest.json, which went through torch and its exporter.
  test.each([
    [
      'mtcnn-pnet',
      () => join(data, 'pnet.pt'),
      'dbe7677b6492bbee9d939d2d909fb8d9740c3ab0215a280929d1cb55b96e188c',
      31_576,
    ],
    [
      'mtcnn-rnet',
      () => join(data, 'rnet.pt'),
      'a8ebd6c044864af2f8e8e254b1dfb261c872f7362d1c464993fc9c2c54a7abe2',
      411_444,
    ],
    [
      'mtcnn-onet',
      () => join(data, 'onet.pt'),
      '116a3c79c30d270c2ab06713e5dd578e403bb2689914118afc0d548433c5822f',
      1_569_088,
    ],
    [
      'mobilefacenet-192',
      () => join(assets, 'MobileFaceNet.tflite'),
      '4d21cc5a4810aec3c28f9909f3030f0b5024f55ce6d204a8fd06172451d73164',
      5_197_596,
    ],
  ])('%s: the bytes of the manifest', (recipe, input, hash, bytes) => {
    const result = convert(recipe, input());
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(result.stdout)).toEqual({ file: out, sha256: hash, bytes });
    expect(sha256(readFileSync(out))).toBe(hash);
    expect(readdirSync(join(out, '..'))).toEqual(['model.mnn']);
  });

  test('mobilefacenet-192: joined PReLUs give the same bits as the network as it was', async () => {
    // As it was, but for the batch of two that it is fixed to.
    const original = readFileSync(join(assets, 'MobileFaceNet.tflite'));
    const fixed = Buffer.from([2, 0, 0, 0, 192, 0, 0, 0]);
    for (let at = original.indexOf(fixed); at >= 0; at = original.indexOf(fixed, at)) {
      original.writeInt32LE(-1, at);
    }
    const plain = join(folder, 'plain.mnn');
    const program = `import sys; sys.path.insert(0, sys.argv[1])
from environment import SLIM, enter_environment
enter_environment(sys.argv[4], sys.argv, SLIM)`;
    const script = write('plain.py', PLAIN);
    const args = ['-c', program, join(tool, '..'), write('plain.tflite', original), plain, script];
    const made = spawnSync('python3', args, { encoding: 'utf8' });
    expect(made.stdout, made.stderr).toContain('Converted Success!');
    expect(convert('mobilefacenet-192', join(assets, 'MobileFaceNet.tflite')).status).toBe(0);
    const [joined, asItWas] = await Promise.all([embed(out), embed(plain)]);
    expect(joined).toEqual(asItWas);
    expect(new Set(joined).size).toBeGreaterThan(500);
  });

  test('two at once in an empty cache: one waits for the environment, both give the same', {
    timeout: 240_000,
  }, async () => {
    const cache = join(folder, 'cache');
    const runs = await Promise.all(
      ['a.mnn', 'b.mnn'].map(
        (name) =>
          new Promise<number | null>((resolve) => {
            const args = [tool, 'mtcnn-pnet', join(data, 'pnet.pt'), '--out', join(folder, name)];
            const env = { ...process.env, MNN_FACE_CACHE: cache };
            spawn('python3', args, { stdio: 'ignore', env }).on('close', resolve);
          }),
      ),
    );
    expect(runs).toEqual([0, 0]);
    expect(readFileSync(join(folder, 'a.mnn'))).toEqual(readFileSync(join(folder, 'b.mnn')));
    const made = readdirSync(cache).filter((name) => !name.endsWith('.lock'));
    expect(made).toHaveLength(1);
    const venv = join(cache, made[0] ?? 'none');
    expect(sizeOf(venv)).toBeLessThan(120e6);
    // One whose making was interrupted is made again.
    rmSync(join(venv, 'mnn-face-complete'));
    rmSync(join(venv, 'bin'), { recursive: true }); // links: never write through them
    const again = convert('mtcnn-pnet', join(data, 'pnet.pt'), { MNN_FACE_CACHE: cache });
    expect(again.status, again.stderr).toBe(0);
    expect(readFileSync(out)).toEqual(readFileSync(join(folder, 'a.mnn')));
    rmSync(cache, { recursive: true });
  });
});

/** Runs in the converter's environment, with the arguments of the program that entered it. */
const PLAIN = `import sys, _tools
_, _, _, source, target, _ = sys.argv
_tools.mnnconvert(['', '-f', 'TFLITE', '--modelFile', source, '--MNNModel', target,
                   '--keepInputFormat', '0', '--bizCode', 'mnn'])`;

/** Three embeddings of made-up pictures, one after the other. */
async function embed(model: string): Promise<number[]> {
  const session = await native().Session.load(readFileSync(model), {
    lanes: 1,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input: 'input',
    inputShape: [1, 3, 112, 112],
    outputs: [{ name: 'embeddings', shape: [1, 192] }],
  });
  const values: number[] = [];
  for (const seed of [1, 2, 3]) {
    const tensor = Float32Array.from({ length: 3 * 112 * 112 }, (_, i) =>
      Math.sin(i * seed * 0.01),
    );
    const [output] = await session.run({ tensor, width: 112, height: 112 });
    values.push(...(output ?? []));
  }
  await session.close();
  return values;
}

function sizeOf(path: string): number {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe('a converter that cannot work: exit 3, one sentence', () => {
  test('no package index', { timeout: 240_000 }, () => {
    const cache = join(folder, 'no-index');
    const result = convert('mtcnn-pnet', join(data, 'pnet.pt'), {
      MNN_FACE_CACHE: cache,
      PIP_NO_INDEX: '1',
    });
    expect(result.status, result.stderr).toBe(3);
    expect(result.stderr.trim().split('\n').at(-1)).toMatch(/^error: Could not install .+ index/);
    expect(result.stdout).toBe('');
    expect(existsSync(out)).toBe(false);
    rmSync(cache, { recursive: true });
  });

  test('a Python of 32 bits, an old one, one without pip', () => {
    const none = join(folder, 'none');
    const small = pretend('sys.maxsize = 2**31 - 1', none);
    expect(small.status, small.stderr).toBe(3);
    expect(small.stderr).toMatch(/64-bit systems only/);
    const old = pretend('sys.version_info = (3, 9, 2)', none);
    expect(old.status, old.stderr).toBe(3);
    expect(old.stderr).toMatch(/Python 3\.9 is too old/);
    const bare = pretend(without('ensurepip', 'pip'), none);
    expect(bare.status, bare.stderr).toBe(3);
    expect(bare.stderr).toMatch(/apt install python3-venv/);
    expect(existsSync(none)).toBe(false);
  });

  test('without ensurepip (a Debian without python3-venv) this Python’s own pip serves', {
    timeout: 240_000,
  }, () => {
    const cache = join(folder, 'own-pip');
    const result = pretend(without('ensurepip'), cache);
    expect(result.status, result.stderr).toBe(2); // there is no x.onnx
    expect(result.stderr).toMatch(/x\.onnx does not exist/);
    rmSync(cache, { recursive: true });
  });
});

/** Runs the converter in a Python that was changed first. */
function pretend(change: string, cache: string) {
  const program = `import sys, runpy, importlib.util
tool, change = sys.argv[1], sys.argv[2]
sys.argv = [tool, 'onnx', 'x.onnx', '--out', 'x.mnn']
exec(change)
runpy.run_path(tool, run_name='__main__')`;
  return spawnSync('python3', ['-c', program, tool, change], {
    encoding: 'utf8',
    env: { ...process.env, MNN_FACE_CACHE: cache, PYTHONPATH: join(tool, '..') },
  });
}

const without = (...modules: string[]) =>
  `real = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in ${JSON.stringify(modules)} else real(name)`;

test('the command line: unknown recipes, no target, help', () => {
  const run = (...args: string[]) => spawnSync('python3', [tool, ...args], { encoding: 'utf8' });
  expect(run('vgg', 'x', '--out', out).status).toBe(2);
  expect(run('onnx', 'x').status).toBe(2);
  const help = run('--help');
  expect(help.status).toBe(0);
  expect(help.stdout).toContain('mobilefacenet-192');
});

test('a target that cannot be written: one sentence', () => {
  mkdirSync(join(folder, 'taken.mnn', 'x'), { recursive: true });
  const result = convert(
    'mtcnn-pnet',
    join(data, 'pnet.pt'),
    {},
    `${write('file', 'x')}/model.mnn`,
  );
  expect(result.status, result.stderr).toBe(2);
  expect(result.stderr).toMatch(/cannot be written/);
  const taken = spawnSync(
    'python3',
    [tool, 'mtcnn-pnet', join(data, 'pnet.pt'), '--out', join(folder, 'taken.mnn')],
    { encoding: 'utf8' },
  );
  expect(taken.status, taken.stderr).toBe(2);
  expect(taken.stderr).toMatch(/cannot be written/);
});
