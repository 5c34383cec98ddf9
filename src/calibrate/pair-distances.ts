/** The distances of all pairs of many faces, as histograms: of one person (genuine) and of two (impostor). */
import { setImmediate } from 'node:timers/promises';

/** A face of a known person, as a unit vector. */
export interface KnownFace {
  /** Number of the person. */
  person: number;
  vector: Float32Array;
}

/** Distances 0 to 2 in steps of 1/10,000. */
export const BINS_PER_UNIT = 10_000;
const BINS = 2 * BINS_PER_UNIT + 1;

/** Two faces by their places, and their distance. */
export interface WorstPair {
  a: number;
  b: number;
  distance: number;
}

/** All pairs' distances. */
export interface PairDistances {
  genuine: Float64Array;
  impostor: Float64Array;
  genuinePairs: number;
  impostorPairs: number;
  /** Two people who look most alike, nearest first. */
  nearestImpostors: WorstPair[];
  /** One person who looks least alike, farthest first. */
  farthestGenuine: WorstPair[];
}

/** Keeps the `most` pairs with the lowest key. */
class Lowest {
  readonly #pairs: { key: number; pair: WorstPair }[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  offer(key: number, pair: () => WorstPair): void {
    const last = this.#pairs.at(-1);
    if (this.#pairs.length === this.#most && last !== undefined && key >= last.key) return;
    const place = this.#pairs.findIndex((other) => key < other.key);
    this.#pairs.splice(place < 0 ? this.#pairs.length : place, 0, { key, pair: pair() });
    if (this.#pairs.length > this.#most) this.#pairs.pop();
  }

  get pairs(): WorstPair[] {
    return this.#pairs.map(({ pair }) => pair);
  }
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * Compares every face with every other. Gives the event loop a turn after each row.
 *
 * @param worst - How many of the worst pairs of each kind to name.
 */
export async function pairDistances(
  faces: readonly KnownFace[],
  { worst = 20, signal }: { worst?: number; signal?: AbortSignal } = {},
): Promise<PairDistances> {
  const genuine = new Float64Array(BINS);
  const impostor = new Float64Array(BINS);
  let genuinePairs = 0;
  let impostorPairs = 0;
  const nearest = new Lowest(worst);
  const farthest = new Lowest(worst);
  for (let a = 0; a < faces.length; a++) {
    const left = faces[a] as KnownFace;
    for (let b = a + 1; b < faces.length; b++) {
      const right = faces[b] as KnownFace;
      const distance = Math.max(0, Math.min(2, 1 - cosineOf(left.vector, right.vector)));
      // Into the bin whose upper end is no less: a threshold of that bin accepts it.
      const bin = Math.ceil(distance * BINS_PER_UNIT);
      if (left.person === right.person) {
        genuinePairs++;
        genuine[bin] = (genuine[bin] as number) + 1;
        farthest.offer(-distance, () => ({ a, b, distance }));
      } else {
        impostorPairs++;
        impostor[bin] = (impostor[bin] as number) + 1;
        nearest.offer(distance, () => ({ a, b, distance }));
      }
    }
    if (a % 16 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
  return {
    genuine,
    impostor,
    genuinePairs,
    impostorPairs,
    nearestImpostors: nearest.pairs,
    farthestGenuine: farthest.pairs,
  };
}
