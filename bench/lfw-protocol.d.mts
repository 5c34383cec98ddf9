export interface LfwPair {
  same: boolean;
  a: string;
  b: string;
}
export function parsePairs(text: string): LfwPair[][];
export function tenFolds(
  folds: LfwPair[][],
  byName: ReadonlyMap<string, { vector: Float32Array }>,
): {
  accuracy: number;
  standardError: number;
  folds: number;
  pairs: number;
  missing: number;
};
