import { expect, it } from 'vitest';
import { parsePairs, tenFolds } from '../../bench/lfw-protocol.mjs';

const TEXT = ['2\t1', 'Ada\t1\t2', 'Ada\t1\tBob\t1', 'Bob\t1\t2', 'Ada\t2\tBob\t2'].join('\n');

const at = (degrees: number) => ({
  vector: Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)),
});

it('reads pairs.txt as it is published', () => {
  expect(parsePairs(TEXT)).toEqual([
    [
      { same: true, a: 'Ada_0001', b: 'Ada_0002' },
      { same: false, a: 'Ada_0001', b: 'Bob_0001' },
    ],
    [
      { same: true, a: 'Bob_0001', b: 'Bob_0002' },
      { same: false, a: 'Ada_0002', b: 'Bob_0002' },
    ],
  ]);
  expect(() => parsePairs('10\t300\nAda\t1\t2')).toThrow('has 1 pairs');
});

it('takes the threshold from the other folds, and counts a missing face as wrong', () => {
  const faces = new Map([
    ['Ada_0001', at(0)],
    ['Ada_0002', at(10)],
    ['Bob_0001', at(90)],
    ['Bob_0002', at(110)],
  ]);
  expect(tenFolds(parsePairs(TEXT), faces)).toMatchObject({ accuracy: 1, pairs: 4, missing: 0 });
  faces.delete('Bob_0002');
  // The second fold has no pair left that could be right, and the first no threshold to go by.
  expect(tenFolds(parsePairs(TEXT), faces)).toMatchObject({ missing: 2, accuracy: 0.25 });
});
