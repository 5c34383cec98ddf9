/** Made-up faces: five of each person, scattered around a direction of the person's own. */

export const DIMENSION = 128;
const PER_PERSON = 5;
/** Of the scatter to the direction: two faces of one person have a cosine of about 0.6. */
const SCATTER = 0.8;

function numbers(seed) {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function unit(seed) {
  const next = numbers(seed);
  const values = new Float32Array(DIMENSION);
  let sum = 0;
  for (let i = 0; i < DIMENSION; i++) {
    // Nearly normal, so that directions are uniform.
    values[i] = next() + next() + next() - 1.5;
    sum += values[i] * values[i];
  }
  const length = Math.sqrt(sum);
  for (let i = 0; i < DIMENSION; i++) values[i] /= length;
  return values;
}

function scattered(person, seed) {
  const centre = unit(person);
  const noise = unit(seed);
  let sum = 0;
  for (let i = 0; i < DIMENSION; i++) {
    centre[i] += SCATTER * noise[i];
    sum += centre[i] * centre[i];
  }
  const length = Math.sqrt(sum);
  for (let i = 0; i < DIMENSION; i++) centre[i] /= length;
  return centre;
}

export const personOf = (row) => Math.floor(row / PER_PERSON);
export const rowVector = (row) => scattered(personOf(row), 1_000_000_007 + row);

/** Faces that are not enrolled, of people who are. */
export function probes(rows, count) {
  const people = personOf(rows);
  return Array.from({ length: count }, (_, i) => {
    const person = (i * 7919) % people;
    return scattered(person, 3_000_000_019 + i);
  });
}
