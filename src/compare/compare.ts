/** Two represented pictures to a verdict. */
import type { DetectedFace } from '../detect/types.js';
import { similarity } from '../embed/embedding.js';
import type {
  Comparison,
  ComparisonBase,
  EmbeddedFace,
  MatrixComparison,
  Representation,
} from '../results.js';

function base(
  { model, detector }: Representation,
  cosine: number,
  threshold: number,
): ComparisonBase {
  const distance = 1 - cosine;
  return {
    verified: distance <= threshold,
    distance,
    similarity: cosine,
    threshold,
    metric: 'cosine',
    model,
    detector,
  };
}

function withoutEmbedding({ box, score, landmarks }: EmbeddedFace): DetectedFace {
  return landmarks === undefined ? { box, score } : { box, score, landmarks };
}

/** @internal The first face of each picture. */
export function compareOne(a: Representation, b: Representation, threshold: number): Comparison {
  const [left] = a.faces as [EmbeddedFace];
  const [right] = b.faces as [EmbeddedFace];
  return {
    ...base(a, similarity(left, right), threshold),
    faces: [withoutEmbedding(left), withoutEmbedding(right)],
  };
}

/** @internal Every face of one picture with every face of the other. */
export function compareAll(
  a: Representation,
  b: Representation,
  threshold: number,
): MatrixComparison {
  const similarities = a.faces.map((left) => b.faces.map((right) => similarity(left, right)));
  let closest: [number, number] = [0, 0];
  let best = Number.NEGATIVE_INFINITY;
  for (const [i, row] of similarities.entries()) {
    for (const [j, cosine] of row.entries()) {
      if (cosine > best) {
        best = cosine;
        closest = [i, j];
      }
    }
  }
  return {
    ...base(a, best, threshold),
    faces: [a.faces.map(withoutEmbedding), b.faces.map(withoutEmbedding)],
    distances: similarities.map((row) => row.map((cosine) => 1 - cosine)),
    closest,
  };
}

/** @internal The comparison as the other order of pictures would have given it. */
export function turnAround(result: Comparison | MatrixComparison): Comparison | MatrixComparison {
  if (!('distances' in result)) return { ...result, faces: [result.faces[1], result.faces[0]] };
  const [first] = result.distances;
  return {
    ...result,
    faces: [result.faces[1], result.faces[0]],
    distances: (first ?? []).map((_, j) => result.distances.map((row) => row[j] as number)),
    closest: [result.closest[1], result.closest[0]],
  };
}

/** @internal The verdict of a kept comparison for the threshold of this call. */
export function withThreshold(
  result: Comparison | MatrixComparison,
  threshold: number,
): Comparison | MatrixComparison {
  return { ...result, threshold, verified: result.distance <= threshold };
}
