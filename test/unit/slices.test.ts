/** Slices of work: one at a time in a turn of the event loop, and others get their turns. */
import { describe, expect, test, vi } from 'vitest';
import { inSlices, type Sliced } from '../../src/detect/slices.js';

/** Work that takes some processor time at each step. */
function* busy(steps: number, milliseconds: number, log: (step: number) => void): Sliced<string> {
  for (let step = 0; step < steps; step++) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
    log(step);
    yield;
  }
  return 'done';
}

/** Counts the turns of the event loop while the work runs. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const count = () => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  await work;
  running = false;
  return turns;
}

describe('slices', () => {
  test('short work is done at once, before anything else of the loop', async () => {
    // However long this process is put aside meanwhile: no time is spent.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    let isOver = false;
    const work = inSlices(busy(3, 0, () => undefined)).then((result) => {
      isOver = true;
      return result;
    });
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    clock.mockRestore();
    expect(isOver).toBe(true);
    expect(await work).toBe('done');
  });

  test('long work lets the loop turn', async () => {
    // 60 steps of a millisecond; 5 of them and no more fit into one turn.
    expect(await turnsOf(inSlices(busy(60, 1, () => undefined)))).toBeGreaterThanOrEqual(11);
  });

  test('much long work at once is still one slice a turn', async () => {
    let inThisTurn = 0;
    let most = 0;
    let isRunning = true;
    const newTurn = () => {
      inThisTurn = 0;
      if (isRunning) setImmediate(newTurn);
    };
    setImmediate(newTurn);
    const log = () => {
      most = Math.max(most, ++inThisTurn);
    };
    await Promise.all(Array.from({ length: 8 }, () => inSlices(busy(20, 1, log))));
    isRunning = false;
    // Steps of a millisecond: five a turn, and one of another that had not known.
    expect(most).toBeLessThanOrEqual(11);
  });

  test('all of them come to their turn', async () => {
    const order: number[] = [];
    const works = [0, 1, 2].map((name) => inSlices(busy(20, 1, () => order.push(name))));
    await Promise.all(works);
    // Nobody is done before each has begun.
    expect(new Set(order.slice(0, 40)).size).toBe(3);
  });

  test('an error of the work is its error, and the next work runs', async () => {
    const broken = (function* (): Sliced<never> {
      yield;
      throw new Error('broken');
    })();
    await expect(inSlices(broken)).rejects.toThrow('broken');
    expect(await inSlices(busy(2, 0, () => undefined))).toBe('done');
  });
});
