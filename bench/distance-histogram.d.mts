export declare class DistanceHistogram {
  readonly total: number;
  add(distance: number): void;
  rateAt(threshold: number): number;
  thresholdAt(rate: number): number;
}
export declare function aucOf(genuine: DistanceHistogram, impostor: DistanceHistogram): number;
export declare function allPairs(embedded: {
  people: Int32Array;
  vectors: Float32Array;
  dimension: number;
}): { genuine: DistanceHistogram; impostor: DistanceHistogram };
