/** Options, aborting, batches: what surrounds the work. */
import { describe, expect, test } from 'vitest';
import { abortable, throwIfAborted } from '../../src/abort.js';
import { mapInOrder } from '../../src/batch.js';
import { selectFaces } from '../../src/compare/select-faces.js';
import type { DetectedFace } from '../../src/detect/types.js';
import { fromNative } from '../../src/errors.js';
import { createFaces } from '../../src/index.js';
import { resolveDefaults } from '../../src/options.js';

describe('options', () => {
  test.each<[string, object, string]>([
    ['detector', { detector: 'ssd' }, 'ERR_INVALID_ARG_VALUE'],
    ['scoreThreshold of NaN', { scoreThreshold: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['scoreThreshold of -1', { scoreThreshold: -1 }, 'ERR_OUT_OF_RANGE'],
    ['scoreThreshold as text', { scoreThreshold: '0.5' }, 'ERR_INVALID_ARG_TYPE'],
    ['iouThreshold', { iouThreshold: 2 }, 'ERR_OUT_OF_RANGE'],
    ['nms', { nms: 'soft' }, 'ERR_INVALID_ARG_VALUE'],
    ['maxFaces', { maxFaces: 0 }, 'ERR_OUT_OF_RANGE'],
    ['minSize', { minSize: -5 }, 'ERR_OUT_OF_RANGE'],
    ['inputSize', { inputSize: { width: 300, height: 200 } }, 'ERR_OUT_OF_RANGE'],
    ['inputSize as text', { inputSize: '320x240' }, 'ERR_INVALID_ARG_TYPE'],
    ['clip', { clip: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['landmarks', { landmarks: true }, 'ERR_INVALID_ARG_VALUE'],
    ['faces', { faces: 'some' }, 'ERR_INVALID_ARG_VALUE'],
    ['threshold', { threshold: Number.POSITIVE_INFINITY }, 'ERR_OUT_OF_RANGE'],
    ['maxPixels', { maxPixels: 0.5 }, 'ERR_OUT_OF_RANGE'],
    ['lanes', { lanes: 0 }, 'ERR_OUT_OF_RANGE'],
    ['threads', { threads: 1.5 }, 'ERR_OUT_OF_RANGE'],
    ['precision', { precision: 'best' }, 'ERR_INVALID_ARG_VALUE'],
    ['profile', { profile: 'small' }, 'ERR_INVALID_ARG_VALUE'],
    ['models', { models: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['embedder', { embedder: 'x' }, 'ERR_MODEL_MISSING'],
    ['a mistyped name', { scoreTreshold: 0.5 }, 'ERR_INVALID_ARG_VALUE'],
    ['a signal for all calls', { signal: AbortSignal.abort() }, 'ERR_INVALID_ARG_VALUE'],
  ])('%s is refused', (_, options, code) => {
    expect(() => createFaces(options as never)).toThrow(expect.objectContaining({ code }));
  });

  test('no object at all', () => {
    for (const options of [5, 'x', [], null]) {
      expect(() => createFaces(options as never)).toThrow(TypeError);
    }
  });

  test('those of a call go over those of the instance; 0 and undefined are told apart', () => {
    const defaults = resolveDefaults({ threshold: 0.5, detector: 'slim-320', scoreThreshold: 0.9 });
    expect(defaults.forCall(undefined)).toMatchObject({ threshold: 0.5 });
    expect(defaults.forCall({ threshold: 0, scoreThreshold: undefined } as never)).toMatchObject({
      threshold: 0,
      detect: { detector: 'slim-320', scoreThreshold: 0.9 },
    });
    expect(() => defaults.forCall({ lanes: 2 } as never)).toThrow(/no option "lanes"/);
  });
});

describe('several faces', () => {
  const face = (width: number, score: number): DetectedFace => ({
    box: { x: 0, y: 0, width, height: width },
    score,
  });
  const two = [face(10, 0.9), face(20, 0.8)];

  test('the three ways to choose', () => {
    expect(selectFaces(two, 'largest')).toEqual([two[1]]);
    expect(selectFaces(two, 'all')).toEqual(two);
    expect(selectFaces([face(5, 1)], 'single')).toHaveLength(1);
    expect(() => selectFaces(two, 'single')).toThrow(
      expect.objectContaining({ code: 'ERR_MULTIPLE_FACES', count: 2 }),
    );
    for (const way of ['single', 'largest', 'all'] as const) {
      expect(() => selectFaces([], way)).toThrow(expect.objectContaining({ code: 'ERR_NO_FACE' }));
    }
  });
});

describe('aborting', () => {
  test('before, during, after', async () => {
    expect(() => throwIfAborted(AbortSignal.abort())).toThrow(/aborted/);
    expect(() => throwIfAborted(undefined)).not.toThrow();
    const never = new Promise(() => undefined);
    await expect(abortable(never, AbortSignal.abort('why'))).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: 'why',
    });
    const controller = new AbortController();
    const waiting = abortable(never, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const done = new AbortController();
    expect(await abortable(Promise.resolve(5), done.signal)).toBe(5);
    done.abort();
  });
});

describe('batches', () => {
  test('keep the order and bound what is under way', async () => {
    let most = 0;
    const results: number[] = [];
    const underWay: (() => void)[] = [];
    const work = async (n: number) => {
      // The last that began ends first, once as many are under way as may be, or no more come.
      const turn = new Promise<void>((resolve) => underWay.push(resolve));
      most = Math.max(most, underWay.length);
      if (underWay.length === 3 || n > 5) underWay.pop()?.();
      else setImmediate(() => underWay.pop()?.());
      await turn;
      return n * n;
    };
    for await (const value of mapInOrder([1, 2, 3, 4, 5, 6, 7], 3, work)) results.push(value);
    expect(results).toEqual([1, 4, 9, 16, 25, 36, 49]);
    expect(most).toBe(3);
  });

  test('draw no more input than is needed, and close it', async () => {
    let drawn = 0;
    let closed = false;
    function* inputs() {
      try {
        while (true) yield drawn++;
      } finally {
        closed = true;
      }
    }
    for await (const value of mapInOrder(inputs(), 2, async (n) => n)) {
      if (value === 5) break;
    }
    expect(drawn).toBeLessThanOrEqual(8);
    expect(closed).toBe(true);
  });

  test('a slow input does not hold back what is done, and a stalled one can be aborted', async () => {
    async function* stalled() {
      yield 1;
      await new Promise(() => undefined);
    }
    const controller = new AbortController();
    const results = mapInOrder(stalled(), 4, async (n) => n, controller.signal);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    const waiting = results.next();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('an input that fails does so after its results', async () => {
    const seen: number[] = [];
    function* failing() {
      yield 1;
      yield 2;
      throw new Error('no more');
    }
    await expect(async () => {
      for await (const value of mapInOrder(failing(), 4, async (n) => n)) seen.push(value);
    }).rejects.toThrow('no more');
    expect(seen).toEqual([1, 2]);
  });

  test('what is no input is refused at once', () => {
    const faces = createFaces();
    for (const wrong of ['a.jpg', null, 5, undefined]) {
      expect(() => faces.detectAll(wrong as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
    expect(() => faces.detectAll([], { onProgress: 5 } as never)).toThrow(TypeError);
  });

  test('throw an error at its place', async () => {
    const seen: number[] = [];
    const work = async (n: number) => {
      if (n === 2) throw new Error('two');
      return n;
    };
    await expect(async () => {
      for await (const value of mapInOrder([0, 1, 2, 3], 4, work)) seen.push(value);
    }).rejects.toThrow('two');
    expect(seen).toEqual([0, 1]);
  });
});

test('errors of the addon become MnnFaceErrors', () => {
  const coded = Object.assign(new Error('broken'), { code: 'ERR_MODEL_INVALID' });
  expect(fromNative(coded, 'Model "x"')).toMatchObject({
    name: 'MnnFaceError',
    code: 'ERR_MODEL_INVALID',
    message: 'Model "x": broken',
    cause: coded,
  });
  expect(fromNative('odd', 'x').code).toBe('ERR_INTERNAL');
});
