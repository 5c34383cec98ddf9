/** Work that waits for room. */
import { expect, test } from 'vitest';
import { ByteBudget } from '../../src/models/byte-budget.js';
import { findModel } from '../../src/models/manifest.js';
import { checkRoom, runBytes } from '../../src/models/run-bytes.js';

function work() {
  let finish = () => {};
  let fail = (_: Error) => {};
  const over = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const state = { began: false };
  const run = async () => {
    state.began = true;
    await over;
  };
  return { run, state, finish, fail };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what fits runs together; what does not waits its turn; who fails frees its room', async () => {
  const budget = new ByteBudget(100);
  const [a, b, c, d] = [work(), work(), work(), work()];
  const runs = [
    budget.run(60, a.run),
    budget.run(40, b.run),
    budget.run(70, c.run),
    // It would fit, but it came later.
    budget.run(1, d.run),
  ];
  const outcomes = Promise.allSettled(runs);
  await settled();
  expect([a, b, c, d].map(({ state }) => state.began)).toEqual([true, true, false, false]);
  b.finish();
  await settled();
  expect([c, d].map(({ state }) => state.began)).toEqual([false, false]);
  a.fail(new Error('broken'));
  await settled();
  expect([c, d].map(({ state }) => state.began)).toEqual([true, true]);
  c.finish();
  d.finish();
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

test('what is larger than all room runs alone', async () => {
  const budget = new ByteBudget(100);
  const [a, b, c] = [work(), work(), work()];
  const runs = [budget.run(1, a.run), budget.run(1000, b.run), budget.run(1, c.run)];
  await settled();
  expect(b.state.began).toBe(false);
  a.finish();
  await settled();
  expect([b, c].map(({ state }) => state.began)).toEqual([true, false]);
  b.finish();
  await settled();
  expect(c.state.began).toBe(true);
  c.finish();
  await Promise.all(runs);
});

test('a run that there is no room for is refused, with what it needs', () => {
  const model = findModel('rfb-320');
  const needed = runBytes(model, 4096, 4096);
  expect(() => checkRoom(model, 4096, 4096, needed)).not.toThrow();
  expect(() => checkRoom(model, 4096, 4096, needed - 1)).toThrow(
    expect.objectContaining({
      code: 'ERR_OUT_OF_MEMORY',
      message: expect.stringMatching(/1242 MB for an input of 4096 x 4096.*smaller inputSize/),
    }),
  );
});
