// Many threads at once, for the sanitizers and as a test of its own: node threads.cjs CASE
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { native } = require('./addon.cjs');

const shared = process.env.MNN_FACE_SHARED ?? join(__dirname, '../../../shared');
const model = readFileSync(join(shared, 'models/RFB-320.mnn'));
const jpeg = readFileSync(join(shared, 'images/test4.jpg'));
const FULL = { maxPixels: 1e8, leastSide: 0 };

const load = (lanes) =>
  native.Session.load(model, {
    lanes,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input: 'input',
    inputShape: [1, 3, 240, 320],
    outputs: [{ name: 'scores' }, { name: 'boxes' }],
  });
const run = (picture) => ({
  picture,
  geometry: 'linear',
  regions: Float64Array.of(0, 0, picture.width, picture.height, 10, 10, 200, 100),
  width: 320,
  height: 240,
  mean: [127, 127, 127],
  scale: [1 / 128, 1 / 128, 1 / 128],
  order: 'rgb',
});
const held = (array) => native.hold(array);
const search = (rows) => ({
  probe: new Float32Array(128).fill(0.1),
  blocks: [held(new Float32Array(rows * 128).fill(0.1))],
  subjects: [held(new Int32Array(rows))],
  blockRows: rows,
  rows,
  count: 5,
  distinct: false,
  kernels: 'best',
});

const cases = {
  /** More work than lanes, of all kinds; every result is the same. */
  async lanes() {
    const session = await load(4);
    const picture = await native.decodeJpeg(jpeg, FULL);
    const wanted = await session.run(run(picture));
    const results = await Promise.all(Array.from({ length: 24 }, () => session.run(run(picture))));
    for (const result of results) assert.deepStrictEqual(result, wanted);
    const decoded = await Promise.all([1, 2, 3, 4, 5, 6].map(() => native.decodeJpeg(jpeg, FULL)));
    for (const { data } of decoded) assert.equal(Buffer.compare(data, picture.data), 0);
    await Promise.all([1, 2, 3, 4].map(() => native.search(search(4096))));
    await session.close();
  },

  /** Closed and cancelled under load: what runs ends, what is queued is refused, memory is freed. */
  async close() {
    const picture = await native.decodeJpeg(jpeg, FULL);
    for (let round = 0; round < 6; round++) {
      const session = await load(3);
      const cancellation = new native.Cancellation();
      const runs = Array.from({ length: 12 }, (_, i) =>
        session.run(run(picture), i % 3 === 0 ? cancellation : undefined),
      );
      if (round % 2 === 0) await runs[1];
      cancellation.cancel();
      const closed = [session.close(), session.close()];
      for (const { status, reason } of await Promise.allSettled(runs)) {
        if (status === 'rejected') assert.match(reason.code, /^ERR_(CLOSED|ABORTED)$/);
      }
      await Promise.all(closed);
      assert.throws(() => session.run(run(picture)), { code: 'ERR_CLOSED' });
    }
  },

  /** Worker threads that end in the midst of all kinds of work, queued and running. */
  async teardown() {
    for (const after of [0, 1, 2, 4, 8, 16]) {
      const worker = new Worker(__filename, { workerData: { after } });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await worker.terminate();
    }
    assert.equal((await native.decodeJpeg(jpeg, FULL)).width, 1080);
  },
};

/** Starts work, and never waits for it. */
async function busy() {
  const session = await load(2);
  const picture = await native.decodeJpeg(jpeg, FULL);
  const work = [];
  for (let i = 0; i < 8; i++) {
    work.push(
      session.run(run(picture)),
      native.decodeJpeg(jpeg, FULL),
      native.search(search(4096)),
    );
    work.push(load(1), native.inspect(model));
  }
  for (let i = 0; i < workerData.after; i++) await work[i];
  if (workerData.after % 4 === 0) work.push(session.close());
  parentPort.postMessage('busy');
  await Promise.allSettled(work);
}

if (isMainThread) {
  cases[process.argv[2]]().then(
    () => console.log('done'),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
} else void busy();
