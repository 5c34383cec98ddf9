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
import { type Criterion, judge, type Verdict } from './judge.js';

function base(
  { model, detector }: Representation,
  cosine: number,
  verdict: Verdict,
  { threshold }: Criterion,
): ComparisonBase {
  return {
    verified: verdict.verified,
    reliable: verdict.reliable,
    reasons: verdict.reasons,
    distance: 1 - cosine,
    similarity: cosine,
    threshold,
    pairThreshold: verdict.pairThreshold,
    metric: 'cosine',
    model,
    detector,
  };
}

function withoutEmbedding({ embedding: _, fingerprint: __, ...face }: EmbeddedFace): DetectedFace {
  return face;
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
  criterion: Criterion,
): Kept<Comparison> {
  const [left] = a.faces as [EmbeddedFace];
  const [right] = b.faces as [EmbeddedFace];
  const cosine = similarity(left, right);
  return {
    ...base(a, cosine, judge(left, right, 1 - cosine, criterion), criterion),
    ...damageOf(a, b),
    faces: [withoutEmbedding(left), withoutEmbedding(right)],
  };
}

/** Of all pairs the closest that matches, else the closest; and the verdict over each. */
function judgeAll(
  faces: readonly [readonly DetectedFace[], readonly DetectedFace[]],
  distances: readonly (readonly number[])[],
  criterion: Criterion,
): { verdict: Verdict; matches: boolean[][]; closest: [number, number] } {
  let closest: [number, number] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  let best: Verdict | undefined;
  const matches = distances.map((row, i) =>
    row.map((distance, j) => {
      const [a, b] = [faces[0][i] as DetectedFace, faces[1][j] as DetectedFace];
      const verdict = judge(a, b, distance, criterion);
      const better = verdict.verified === best?.verified ? distance < least : verdict.verified;
      if (best === undefined || better) {
        [best, least, closest] = [verdict, distance, [i, j]];
      }
      return verdict.verified;
    }),
  );
  return { verdict: best as unknown as Verdict, matches, closest };
}

/** @internal Every face of one picture with every face of the other. */
export function compareAll(
  a: Representation,
  b: Representation,
  criterion: Criterion,
): Kept<MatrixComparison> {
  const distances = a.faces.map((left) => b.faces.map((right) => 1 - similarity(left, right)));
  const faces: MatrixComparison['faces'] = [
    a.faces.map(withoutEmbedding),
    b.faces.map(withoutEmbedding),
  ];
  const { verdict, matches, closest } = judgeAll(faces, distances, criterion);
  const cosine = 1 - (distances[closest[0]]?.[closest[1]] ?? 1);
  return {
    ...base(a, cosine, verdict, criterion),
    ...damageOf(a, b),
    faces,
    distances,
    matches,
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
    matches: (first ?? []).map((_, j) => result.matches.map((row) => row[j] as boolean)),
    closest: [result.closest[1], result.closest[0]],
  };
}

/** @internal What a caller gets: the verdict for the criterion of this call, warnings in one list. */
export function verdictOf(result: AnyKept, criterion: Criterion): Comparison | MatrixComparison {
  const { damage, ...rest } = result;
  const warnings = damage && {
    warnings: [
      ...damage[0].map((warning) => `the first picture: ${warning}`),
      ...damage[1].map((warning) => `the second picture: ${warning}`),
    ],
  };
  return { ...judgedAnew(rest, criterion), ...warnings };
}

function judgedAnew(
  result: Comparison | MatrixComparison,
  criterion: Criterion,
): Comparison | MatrixComparison {
  const { threshold } = criterion;
  if (!('distances' in result)) {
    const verdict = judge(result.faces[0], result.faces[1], result.distance, criterion);
    return { ...result, ...verdict, threshold };
  }
  const { verdict, matches, closest } = judgeAll(result.faces, result.distances, criterion);
  const distance = result.distances[closest[0]]?.[closest[1]] ?? result.distance;
  const similarity = 1 - distance;
  return { ...result, ...verdict, threshold, distance, similarity, matches, closest };
}
