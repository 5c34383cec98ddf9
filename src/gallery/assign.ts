/** Whose each face of a picture is. */
import { poorness } from '../compare/judge.js';
import { pairThreshold } from '../quality/pair-threshold.js';
import type { Candidate, IdentifiedFace } from './results.js';

/** A face with the subjects that are near it, nearest first. */
export type NearFace = Omit<IdentifiedFace, 'match' | 'unknown' | 'reason' | 'reliable'>;

/** What a match goes by. */
export interface MatchCriterion {
  threshold: number;
  minQuality: number;
  /** Whether two faces of the picture may be one subject: in mirrors and on screens. */
  repeats: boolean;
}

/**
 * The match of each face: the nearest subject within the threshold for the face's quality. Faces of one
 * picture are different people, so a subject goes to the face that is nearest to it. A face that is
 * too poor to be told from others matches nobody.
 *
 * @internal
 */
export function assignSubjects(
  faces: readonly NearFace[],
  criterion: MatchCriterion,
): IdentifiedFace[] {
  const { threshold, minQuality, repeats } = criterion;
  const reasons = faces.map((face) => poorness(face, criterion));
  const limits = faces.map(({ quality }) =>
    // Entries were good enough when they were enrolled: the better of the two faces counts.
    minQuality === 0 ? threshold : pairThreshold(threshold, quality ?? 1, 1),
  );
  const offers = faces
    .flatMap((face, i) => face.candidates.map((candidate) => ({ i, candidate })))
    .filter(({ i, candidate }) => {
      return reasons[i] === undefined && candidate.distance <= (limits[i] as number);
    })
    .sort((a, b) => a.candidate.distance - b.candidate.distance);
  const matches = new Map<number, Candidate>();
  const taken = new Set<string>();
  for (const { i, candidate } of offers) {
    if (matches.has(i)) continue;
    if (!repeats && taken.has(candidate.subject)) {
      reasons[i] ??= `another face of the picture is nearer to ${candidate.subject}`;
      continue;
    }
    matches.set(i, candidate);
    taken.add(candidate.subject);
  }
  return faces.map((face, i) => {
    const match = matches.get(i) ?? null;
    return {
      ...face,
      match,
      unknown: match === null,
      reliable: poorness(face, criterion) === undefined,
      reason: match === null ? (reasons[i] ?? null) : null,
    };
  });
}
