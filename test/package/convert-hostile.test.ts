/** Hostile and damaged files of weights: refused in one sentence, nothing of them run. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  assets,
  convert,
  data,
  expectRefusal,
  fetchPackages,
  folder,
  removeFolder,
  write,
} from '../process/conversion.js';
import { GLOBAL, legacyFile, nested, REDUCE, tuple, unicode } from '../process/pickles.js';
import { root } from '../process/run.js';

beforeAll(() => {
  fetchPackages();
  // Makes the Python environment, where there is none yet.
  const made = convert('mtcnn-pnet', join(data, 'pnet.pt'));
  expect(made.status, made.stderr).toBe(0);
}, 300_000);
afterAll(removeFolder);

const tflite = join(assets, 'MobileFaceNet.tflite');

describe('pickles', () => {
  const marker = join(folder, 'run');
  test.each<[string, () => Uint8Array, RegExp]>([
    [
      'a call of os.system',
      () => legacyFile(GLOBAL('os', 'system'), tuple(unicode(`touch ${marker}`)), REDUCE),
      /names os\.system, which is no tensor/,
    ],
    [
      'a call of eval',
      () => legacyFile(GLOBAL('__builtin__', 'eval'), tuple(unicode('1')), REDUCE),
      /names __builtin__\.eval/,
    ],
    ['torch’s own load', () => legacyFile(GLOBAL('torch', 'load')), /names torch\.load/],
    [
      'a dotted name below a known one',
      () => legacyFile(GLOBAL('torch._utils', '_rebuild_tensor_v2.__globals__')),
      /which is no tensor/,
    ],
    [
      'a name with control characters',
      () => legacyFile(GLOBAL('o\x1b[31ms', 'é')),
      /o\\x1b|\\u001b/,
    ],
    [
      'STACK_GLOBAL',
      () => legacyFile(unicode('os'), unicode('system'), Buffer.from([0x93])),
      /opcode 0x93/,
    ],
    ['INST', () => legacyFile(Buffer.from('(ios\nsystem\n')), /opcode 0x69/],
    ['OBJ', () => legacyFile(Buffer.from('(o')), /opcode 0x6f/],
    ['NEWOBJ', () => legacyFile(Buffer.from([0x81])), /opcode 0x81/],
    ['an extension', () => legacyFile(Buffer.from([0x82, 1])), /opcode 0x82/],
    [
      'a call of something that is no function',
      () => legacyFile(unicode('x'), tuple(), REDUCE),
      /damaged PyTorch file/,
    ],
    [
      'a memo index of four billion',
      () => legacyFile(unicode('x'), Buffer.from([0x72, 0xff, 0xff, 0xff, 0xff])),
      /no dictionary|damaged PyTorch file/,
    ],
    [
      'a million nested tuples as a key',
      () => legacyFile(nested(1_000_000)),
      /damaged PyTorch file/,
    ],
    [
      'a text of four gigabytes',
      () => legacyFile(Buffer.from([0x58, 0xff, 0xff, 0xff, 0xff])),
      /ends too early/,
    ],
    ['a name without an end', () => legacyFile(Buffer.alloc(5000, 'c')), /damaged PyTorch file/],
    ['an empty dictionary', () => legacyFile(Buffer.from('}')), /conv1\.weight is missing/],
    ['a zip archive', () => Buffer.from('PK\x03\x04 and so on'), /zip archive/],
    ['a web page', () => Buffer.from('<!doctype html><title>404</title>'), /not PyTorch weights/],
    [
      'a pickle of protocol 0',
      () => Buffer.from("cos\nsystem\n(S'true'\ntR."),
      /not PyTorch weights/,
    ],
    ['nothing', () => Buffer.alloc(0), /is empty/],
  ])('%s: refused', (_, make, message) => {
    expectRefusal(convert('mtcnn-pnet', write('hostile.pt', make())), message);
    expect(existsSync(marker)).toBe(false);
  });

  test('another network’s weights, missing ones, ones that are no numbers', () => {
    expectRefusal(convert('mtcnn-pnet', join(data, 'rnet.pt')), /not the weights of MTCNN's pnet/);
    expectRefusal(
      convert('mtcnn-onet', join(data, 'rnet.pt')),
      /onet: conv1\.weight has the shape/,
    );
    const weights = readFileSync(join(data, 'pnet.pt'));
    const renamed = Buffer.from(weights);
    renamed.write('conv9', renamed.indexOf('conv2.weight'));
    expectRefusal(convert('mtcnn-pnet', write('renamed.pt', renamed)), /conv2\.weight is missing/);
    const notNumbers = Buffer.from(weights);
    notNumbers.writeFloatLE(Number.NaN, notNumbers.length - 8);
    expectRefusal(convert('mtcnn-pnet', write('nan.pt', notNumbers)), /no numbers/);
  });

  test('missing, a folder, far too large', () => {
    expectRefusal(convert('mtcnn-pnet', join(folder, 'none.pt')), /does not exist/);
    expectRefusal(convert('mtcnn-pnet', folder), /no file/);
    const large = write('large.pt', 'x');
    truncateSync(large, 65 * 1024 ** 2); // sparse
    expectRefusal(convert('mtcnn-pnet', large), /more than such weights have/);
  });
});

/** Changed and cut files, read in one process of little memory: BadInput or a result, nothing else. */
const FUZZ = `
import random, resource, sys
sys.path.insert(0, sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from failures import BadInput
from mtcnn_graphs import build_mtcnn
from onnx_check import check_onnx
from pickled_tensors import read_tensors
from tflite_mobilefacenet import prepare_mobilefacenet
readers = {
    'pnet': lambda data: build_mtcnn('pnet', read_tensors(data)),
    'tflite': prepare_mobilefacenet,
    'onnx': lambda data: check_onnx(data, 'x'),
}
read, content = readers[sys.argv[2]], open(sys.argv[3], 'rb').read()
head = int(sys.argv[4])
random.seed(13)
refused = 0
for turn in range(int(sys.argv[5])):
    data = bytearray(content)
    if turn % 4 == 0:
        del data[random.randrange(len(data)):]
    for _ in range(random.choice((0, 1, 2, 8)) if turn % 4 == 0 else random.choice((1, 2, 8))):
        if data:
            data[random.randrange(min(head, len(data)))] = random.choice((0, 1, 0x28, 0x7f, 0x80, 0xff, random.randrange(256)))
    try:
        read(bytes(data))
    except BadInput:
        refused += 1
print(refused)
`;

test.each<[string, () => string, number, number]>([
  ['pnet', () => join(data, 'pnet.pt'), 2000, 1200],
  ['tflite', () => tflite, 6e6, 60],
])('%s: files with changed bytes are refused or read, never more', (kind, file, head, turns) => {
  const args = [join(root, 'tools', 'convert'), kind, file(), String(head), String(turns)];
  const result = spawnSync('python3', ['-c', FUZZ, ...args], { encoding: 'utf8' });
  expect(result.status, result.stderr).toBe(0);
  expect(Number(result.stdout)).toBeGreaterThan(turns / 10);
});

describe('TensorFlow Lite', () => {
  test('other networks and damaged files: refused', () => {
    for (const other of ['pnet', 'FaceAntiSpoofing']) {
      const file = join(assets, `${other}.tflite`);
      expectRefusal(convert('mobilefacenet-192', file), /not the MobileFaceNet\.tflite/);
    }
    const half = readFileSync(tflite).subarray(0, 2_000_000);
    expectRefusal(convert('mobilefacenet-192', write('half.tflite', half)), /is damaged/);
    expectRefusal(
      convert('mobilefacenet-192', write('x.tflite', 'no model')),
      /no TensorFlow Lite/,
    );
  });
});

describe('ONNX', () => {
  test.each<[string, Uint8Array | string]>([
    ['a text', 'no model'],
    ['a web page', '<!doctype html><html><body>Not found</body></html>'],
    ['a message without a graph', Buffer.from([0x08, 0x08])],
    ['an empty graph', Buffer.from([0x08, 0x08, 0x3a, 0x00])],
    ['a length beyond the end', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['pickled weights', Buffer.from([0x80, 0x02, 0x8a, 0x0a])],
  ])('%s: refused', (_, content) => {
    expectRefusal(convert('onnx', write('x.onnx', content)), /no valid ONNX model/);
  });
});
