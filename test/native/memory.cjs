// What callers may do to their memory while native work reads it. Run with --expose-gc, in a process of
// its own: memory that is read after it was freed ends the process.
//
//   UV_THREADPOOL_SIZE=1 node --expose-gc memory.cjs CASE      prints "same" when the result is that of untouched memory
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');
const vm = require('node:vm');
const { native } = require('./addon.cjs');
const { blockPool } = require('./blocked-pool.cjs');

const shared = process.env.MNN_FACE_SHARED ?? join(__dirname, '../../../shared');
const model = readFileSync(join(shared, 'models/RFB-320.mnn'));
const jpeg = readFileSync(join(shared, 'images/test4.jpg'));
const WIDTH = 4000;
const HEIGHT = 2000;
const SESSION = {
  lanes: 1,
  threads: 1,
  precision: 'normal',
  kernels: 'best',
  input: 'input',
  inputShape: [1, 3, 240, 320],
  outputs: [{ name: 'scores' }, { name: 'boxes' }],
};

function drawn() {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7 + (i >> 10)) & 255;
  return data;
}

/** Fills what was freed with something else, if the memory was freed. */
async function churn() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await turn();
    for (let k = 0; k < 8; k++) Buffer.alloc(WIDTH * HEIGHT, 0xaa);
  }
}

/** Where the bytes lie, and what happens to them after the call. */
const FATES = {
  resize: {
    lay(bytes) {
      const view = new Uint8Array(
        new ArrayBuffer(bytes.length, { maxByteLength: bytes.length + 8 }),
      );
      view.set(bytes);
      return view;
    },
    after: (view) => view.buffer.resize(0),
  },
  transfer: {
    lay: (bytes) => Uint8Array.from(bytes),
    async after(view) {
      structuredClone(view.buffer, { transfer: [view.buffer] });
      await churn();
    },
  },
  overwrite: {
    lay: (bytes) => Uint8Array.from(bytes),
    after: (view) => void view.fill(0x5a),
  },
  shared: {
    lay(bytes) {
      const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
      view.set(bytes);
      return view;
    },
    after: (view) => void view.fill(0x5a),
  },
  tracking: {
    lay(bytes) {
      const buffer = new ArrayBuffer(bytes.length, { maxByteLength: 2 * bytes.length });
      const view = new Uint8Array(buffer); // of no fixed length
      view.set(bytes);
      return view;
    },
    after(view) {
      view.buffer.resize(2 * view.length);
      view.fill(0x5a);
      view.buffer.resize(16);
    },
  },
  realm: {
    lay(bytes) {
      const view = vm.runInNewContext('new Uint8Array(length)', { length: bytes.length });
      view.set(bytes);
      return view;
    },
    after: (view) => void view.fill(0x5a),
  },
};

/** The calls, on memory that lies as a fate has it. */
const WORK = {
  decode: {
    bytes: () => jpeg,
    call: (bytes) => native.decodeJpeg(bytes, { maxPixels: 1e8, leastSide: 0 }),
  },
  load: {
    bytes: () => model,
    async call(bytes) {
      const session = await native.Session.load(bytes, SESSION);
      const shapes = session.outputShapes();
      await session.close();
      return shapes;
    },
  },
  inspect: { bytes: () => model, call: (bytes) => native.inspect(bytes) },
  resample: {
    bytes: drawn,
    call: (data) =>
      native.resample({
        picture: { data, width: WIDTH, height: HEIGHT },
        geometry: 'area',
        regions: Float64Array.of(0, 0, WIDTH, HEIGHT),
        width: 300,
        height: 200,
      }),
  },
  run: {
    bytes: drawn,
    before: () => native.Session.load(model, SESSION),
    call: (data, session) =>
      session.run({
        picture: { data, width: WIDTH, height: HEIGHT },
        geometry: 'area',
        // Several, so that the memory is read for a while.
        regions: Float64Array.from([1, 2, 3, 4].flatMap((i) => [i, i, WIDTH - 9, HEIGHT - 9])),
        width: 320,
        height: 240,
        mean: [127, 127, 127],
        scale: [1 / 128, 1 / 128, 1 / 128],
        order: 'rgb',
      }),
  },
  tensor: {
    bytes: () => new Uint8Array(Float32Array.from({ length: 3 * 240 * 320 }, Math.sin).buffer),
    before: () => native.Session.load(model, SESSION),
    call: (bytes, session) =>
      session.run({ tensor: new Float32Array(bytes.buffer), width: 320, height: 240 }),
  },
};

async function fate(work, how) {
  const { bytes, before, call } = WORK[work];
  const { lay, after } = FATES[how];
  const state = await before?.();
  const wanted = await call(Uint8Array.from(bytes()), state);
  let view = lay(bytes());
  // Nothing begins before the memory is what it will be.
  const letGo = blockPool();
  const outcome = call(view, state);
  await after(view);
  view = undefined;
  letGo();
  assert.deepStrictEqual(await outcome, wanted);
}

/** A getter that runs while the addon reads its arguments. */
async function getter() {
  const data = drawn();
  const steal = () => structuredClone(data.buffer, { transfer: [data.buffer] });
  const job = {
    picture: { data, width: WIDTH, height: HEIGHT },
    geometry: 'area',
    regions: Float64Array.of(0, 0, WIDTH, HEIGHT),
    width: 300,
    height: 200,
  };
  const thief = (object, name) =>
    Object.defineProperty({ ...object }, name, {
      get() {
        steal();
        return object[name];
      },
    });
  assert.throws(() => native.resample({ ...job, picture: thief(job.picture, 'height') }), /hold/);
  const session = await native.Session.load(model, SESSION);
  const more = { mean: [0, 0, 0], scale: [1, 1, 1], order: 'rgb' };
  assert.throws(() => session.run(thief({ ...job, ...more }, 'order')), /hold/);
  // A session that a getter closes takes no more work.
  const closing = Object.defineProperty({ ...job, ...more }, 'order', {
    get: () => {
      session.close();
      return 'rgb';
    },
  });
  closing.picture = { data: drawn(), width: WIDTH, height: HEIGHT };
  assert.throws(() => session.run(closing), { code: 'ERR_CLOSED' });
}

/** Another thread writes to a header while it is read. */
async function writer() {
  const { Worker } = require('node:worker_threads');
  const memory = new SharedArrayBuffer(jpeg.length);
  const bytes = new Uint8Array(memory);
  bytes.set(jpeg);
  const sizes = jpeg.indexOf(Buffer.from([0xff, 0xc0, 0x00, 0x11, 0x08])) + 5;
  assert(sizes > 5);
  const source = `
    const { memory, sizes } = require('node:worker_threads').workerData;
    const bytes = new Uint8Array(memory);
    for (let i = 0; ; i++) { bytes[sizes] = i & 15; bytes[sizes + 2] = (i >> 4) & 15; }
  `;
  const worker = new Worker(source, { eval: true, workerData: { memory, sizes } });
  await new Promise((resolve) => worker.once('online', resolve));
  for (let i = 0; i < 60; i++) {
    const decoded = await native.decodeJpeg(bytes, { maxPixels: 2e7, leastSide: 0 });
    if (decoded) assert.equal(decoded.data.length, decoded.width * decoded.height * 3);
  }
  await worker.terminate();
}

const [name, how] = (process.argv[2] ?? '').split(' ');
const run = { getter, writer }[name] ?? (() => fate(name, how));
run().then(
  () => console.log('same'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
