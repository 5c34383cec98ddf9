// What waits for a thread, and what becomes of it; UV_THREADPOOL_SIZE=1 node queued-work.cjs CASE
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');
const { native } = require('./addon.cjs');
const { blockPool } = require('./blocked-pool.cjs');

const shared = process.env.MNN_FACE_SHARED ?? join(__dirname, '../../../shared');
const jpeg = readFileSync(join(shared, 'images/test4.jpg'));
const FULL = { maxPixels: 1e8, leastSide: 0 };
const aborted = { code: 'ERR_ABORTED' };
const picture = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 };
const job = {
  picture,
  geometry: 'linear',
  regions: Float64Array.of(0, 0, 64, 64),
  width: 320,
  height: 240,
};
const run = { ...job, mean: [0, 0, 0], scale: [1, 1, 1], order: 'rgb' };

const load = () =>
  native.Session.load(readFileSync(join(shared, 'models/RFB-320.mnn')), {
    lanes: 1,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input: 'input',
    inputShape: [1, 3, 240, 320],
    outputs: [{ name: 'scores' }],
  });

async function isSettled(promise) {
  for (let i = 0; i < 10; i++) await turn();
  return await Promise.race([promise.then(() => true), turn().then(() => false)]);
}

const cases = {
  /** A header of fill bytes alone is as long as the file: it is read on another thread. */
  async plan() {
    const letGo = blockPool();
    const fill = new Uint8Array(4 * 1024 * 1024).fill(0xff);
    fill[1] = 0xd8;
    const planned = native.decodeJpeg(fill, FULL);
    assert.equal(await isSettled(planned), false);
    letGo();
    assert.equal(await planned, undefined);
  },

  /** Work that is dropped before a thread has taken it up. */
  async drop() {
    const letGo = blockPool();
    const cancellation = new native.Cancellation();
    const dropped = [
      native.decodeJpeg(jpeg, { ...FULL, cancellation }),
      native.resample(job, cancellation),
    ];
    const kept = native.decodeJpeg(jpeg, { ...FULL, cancellation: new native.Cancellation() });
    cancellation.cancel();
    letGo();
    for (const promise of dropped) await assert.rejects(promise, aborted);
    assert.equal((await kept).width, 1080);
  },

  /** Runs that wait for a lane are dropped, those before and behind them go on; the lane works on. */
  async lane() {
    const session = await load();
    const letGo = blockPool();
    const cancellation = new native.Cancellation();
    const first = session.run(run);
    const dropped = [1, 2, 3].map(() => session.run(run, cancellation));
    const last = session.run(run);
    cancellation.cancel();
    letGo();
    const wanted = await first;
    for (const promise of dropped) await assert.rejects(promise, aborted);
    assert.deepStrictEqual(await last, wanted);
    // One that is under way stops before its next region.
    const begun = new native.Cancellation();
    const many = {
      ...run,
      regions: Float64Array.from({ length: 4 * 60_000 }, (_, i) => (i % 4 < 2 ? 0 : 64)),
    };
    const stopped = session.run(many, begun);
    for (let i = 0; i < 10; i++) await turn();
    begun.cancel();
    await assert.rejects(stopped, aborted);
    assert.deepStrictEqual(await session.run(run, undefined), wanted);
    await session.close();
  },

  /** A session that is closed refuses what it has queued, cancelled or not. */
  async close() {
    const session = await load();
    const letGo = blockPool();
    const cancellation = new native.Cancellation();
    const first = session.run(run);
    const queued = session.run(run, cancellation);
    cancellation.cancel();
    const closed = session.close();
    letGo();
    await assert.rejects(queued, { code: 'ERR_CLOSED' });
    await first;
    await closed;
  },

  async arguments() {
    const session = await load();
    for (const wrong of [null, {}, 1, session, new AbortController().signal]) {
      assert.throws(() => session.run(run, wrong), TypeError);
      assert.throws(() => native.resample(job, wrong), TypeError);
      assert.throws(() => native.decodeJpeg(jpeg, { ...FULL, cancellation: wrong }), TypeError);
    }
    // load() makes a session whatever it is called on.
    const other = await native.Session.load.call(
      native.Cancellation,
      readFileSync(join(shared, 'models/RFB-320.mnn')),
      {
        lanes: 1,
        threads: 1,
        precision: 'normal',
        kernels: 'best',
        input: 'input',
        inputShape: [1, 3, 240, 320],
        outputs: [{ name: 'scores' }],
      },
    );
    assert(other instanceof native.Session);
    assert.throws(
      () => native.Session.prototype.run.call(new native.Cancellation(), run),
      TypeError,
    );
    assert.throws(() => native.resample({ ...job, width: 65_536, height: 65_536 }), RangeError);
  },
};

cases[process.argv[2]]().then(
  () => console.log('done'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
