/** Well-formed flatbuffers with a hostile meaning are refused before MNN sees them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { native } from '../../src/native.js';
import { shared } from '../data.js';

let original: Buffer;
beforeAll(() => {
  original = readFileSync(join(shared, 'models', 'RFB-320.mnn'));
});

/** As much of a flatbuffer as it takes to find a field of a table and patch it. */
class Table {
  constructor(
    readonly buffer: Buffer,
    readonly at: number,
  ) {}

  /** Where field `index` stands, following MNN.fbs' order of fields. */
  field(index: number): number {
    const vtable = this.at - this.buffer.readInt32LE(this.at);
    const slot = 4 + 2 * index;
    const size = this.buffer.readUInt16LE(vtable);
    const offset = slot < size ? this.buffer.readUInt16LE(vtable + slot) : 0;
    if (offset === 0) throw new Error(`field ${index} is not there`);
    return this.at + offset;
  }

  table(index: number): Table {
    const at = this.field(index);
    return new Table(this.buffer, at + this.buffer.readUInt32LE(at));
  }

  /** The position of the first element, and the length, of a vector. */
  vector(index: number): { start: number; length: number; lengthAt: number } {
    const at = this.field(index);
    const lengthAt = at + this.buffer.readUInt32LE(at);
    return { start: lengthAt + 4, length: this.buffer.readUInt32LE(lengthAt), lengthAt };
  }
}

const OPS = 3;
const TENSOR_NAMES = 7;
const INPUTS = 0;
const MAIN_TYPE = 1;
const MAIN = 2;
const OUTPUTS = 4;
const TYPE = 5;
const CONVOLUTION = 12;

function opsOf(model: Buffer): Table[] {
  const net = new Table(model, model.readUInt32LE(0));
  const { start, length } = net.vector(OPS);
  return Array.from({ length }, (_, i) => {
    const at = start + 4 * i;
    return new Table(model, at + model.readUInt32LE(at));
  });
}

function firstConvolution(model: Buffer): Table {
  const found = opsOf(model).find((op) => {
    try {
      return model.readInt32LE(op.field(TYPE)) === CONVOLUTION;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('no convolution');
  return found;
}

const load = (model: Uint8Array) =>
  native().Session.load(model, {
    lanes: 1,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input: 'input',
    inputShape: [1, 3, 240, 320],
    outputs: [{ name: 'scores' }],
  });

test.each<[string, (model: Buffer) => void, string, RegExp]>([
  [
    'an input index outside of the table',
    (m) => m.writeInt32LE(99_999, firstConvolution(m).vector(INPUTS).start),
    'ERR_MODEL_INVALID',
    /reads a tensor that does not exist/,
  ],
  [
    'a negative input index',
    (m) => m.writeInt32LE(-1, firstConvolution(m).vector(INPUTS).start),
    'ERR_MODEL_INVALID',
    /reads a tensor that does not exist/,
  ],
  [
    'an output index outside of the table',
    (m) => m.writeInt32LE(99_999, firstConvolution(m).vector(OUTPUTS).start),
    'ERR_MODEL_INVALID',
    /writes a tensor that does not exist/,
  ],
  [
    'an op that reads what nobody wrote',
    (m) => {
      const last = opsOf(m).at(-1) as Table;
      const conv = firstConvolution(m);
      m.writeInt32LE(m.readInt32LE(last.vector(OUTPUTS).start), conv.vector(INPUTS).start);
    },
    'ERR_MODEL_INVALID',
    /no earlier op writes/,
  ],
  [
    'two ops that write one tensor',
    (m) => {
      const conv = firstConvolution(m);
      m.writeInt32LE(m.readInt32LE(conv.vector(INPUTS).start), conv.vector(OUTPUTS).start);
    },
    'ERR_MODEL_INVALID',
    /another op writes/,
  ],
  [
    'an op of another kind than its parameters',
    (m) => m.writeInt32LE(47, firstConvolution(m).field(TYPE)), // Pooling
    'ERR_MODEL_INVALID',
    /parameters are those of another op/,
  ],
  [
    'a plugin',
    (m) => m.writeInt32LE(256, firstConvolution(m).field(TYPE)),
    'ERR_MODEL_UNSUPPORTED',
    /not among those that face networks use/,
  ],
  [
    'parameters of no type',
    (m) => m.writeUInt8(0, firstConvolution(m).field(MAIN_TYPE)),
    'ERR_MODEL_INVALID',
    /has no parameters/,
  ],
  [
    'fewer weights than the geometry says',
    (m) => {
      const common = firstConvolution(m).table(MAIN).table(0);
      // Convolution2DCommon: padX, padY, kernelX, kernelY, …, outputCount (10).
      m.writeInt32LE(m.readInt32LE(common.field(10)) * 4, common.field(10));
    },
    'ERR_MODEL_INVALID',
    /does not fit its geometry/,
  ],
  [
    'a kernel of 0',
    (m) => m.writeInt32LE(0, firstConvolution(m).table(MAIN).table(0).field(2)),
    'ERR_MODEL_INVALID',
    /kernel size is out of range/,
  ],
  [
    'a table of tensors that is too short',
    (m) => {
      const net = new Table(m, m.readUInt32LE(0));
      m.writeUInt32LE(2, net.vector(TENSOR_NAMES).lengthAt);
    },
    'ERR_MODEL_INVALID',
    /./,
  ],
  [
    'an offset out of the file',
    (m) => m.writeUInt32LE(0x7fffffff, 0),
    'ERR_MODEL_INVALID',
    /not an MNN model/,
  ],
])('%s', async (_, damage, code, message) => {
  const model = Buffer.from(original);
  damage(model);
  expect(model.equals(original)).toBe(false);
  await expect(load(model)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('the undamaged model loads', async () => {
  await (await load(original)).close();
});
