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

/** @internal A comparison as it is kept: warnings by picture. */
export type Kept<C extends ComparisonBase> = C & { damage?: [string[], string[]] };

function damageOf(a: Representation, b: Representation): { damage?: [string[], string[]] } {
  if (a.warnings === undefined && b.warnings === undefined) return {};
  return { damage: [a.warnings ?? [], b.warnings ?? []] };
}

/** @internal The first face of each picture. */
export function compareOne(
  a: Representation,
  b: Representation,
  threshold: number,
): Kept<Comparison> {
  const [left] = a.faces as [EmbeddedFace];
  const [right] = b.faces as [EmbeddedFace];
  return {
    ...base(a, similarity(left, right), threshold),
    ...damageOf(a, b),
    faces: [withoutEmbedding(left), withoutEmbedding(right)],
  };
}

/** @internal Every face of one picture with every face of the other. */
export function compareAll(
  a: Representation,
  b: Representation,
  threshold: number,
): Kept<MatrixComparison> {
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
    ...damageOf(a, b),
    faces: [a.faces.map(withoutEmbedding), b.faces.map(withoutEmbedding)],
    distances: similarities.map((row) => row.map((cosine) => 1 - cosine)),
    closest,
  };
}

type AnyKept = Kept<Comparison> | Kept<MatrixComparison>;

/** @internal The comparison as the other order of pictures would have given it. */
export function turnAround(result: AnyKept): AnyKept {
  const { damage } = result;
  const turned =
    damage === undefined ? {} : { damage: [damage[1], damage[0]] satisfies typeof damage };
  if (!('distances' in result)) {
    return { ...result, ...turned, faces: [result.faces[1], result.faces[0]] };
  }
  const [first] = result.distances;
  return {
    ...result,
    ...turned,
    faces: [result.faces[1], result.faces[0]],
    distances: (first ?? []).map((_, j) => result.distances.map((row) => row[j] as number)),
    closest: [result.closest[1], result.closest[0]],
  };
}

/** @internal What a caller gets: the verdict for the threshold of this call, warnings in one list. */
export function verdictOf(result: AnyKept, threshold: number): Comparison | MatrixComparison {
  const { damage, ...rest } = result;
  const warnings = damage && {
    warnings: [
      ...damage[0].map((warning) => `the first picture: ${warning}`),
      ...damage[1].map((warning) => `the second picture: ${warning}`),
    ],
  };
  return { ...rest, ...warnings, threshold, verified: result.distance <= threshold };
}
