/** Embeds a folder of people (one folder each), picture by picture, into one matrix of unit vectors. */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const PICTURE = /\.(jpe?g|png|webp|bmp|tiff?|gif|avif)$/i;

/** @returns {{person: number, file: string}[]} Of each folder its pictures, in the names' order. */
export function listPeople(root) {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return folders.flatMap((name, person) =>
    readdirSync(join(root, name))
      .filter((file) => PICTURE.test(file))
      .sort()
      .map((file) => ({ person, file: join(root, name, file) })),
  );
}

/**
 * Of each picture its largest face. A picture without one, or that cannot be read, is left out.
 *
 * @returns {Promise<{people: Int32Array, vectors: Float32Array, dimension: number, missing: string[]}>}
 *   Row i of `vectors` is a face of person `people[i]`, of length 1.
 */
export async function embedPeople(faces, root, onProgress = () => {}) {
  const pictures = listPeople(root);
  const found = new Array(pictures.length);
  const missing = [];
  let next = 0;
  let done = 0;
  async function work() {
    while (next < pictures.length) {
      const index = next++;
      const { file } = pictures[index];
      try {
        const { faces: list } = await faces.embed(file, { faces: 'largest' });
        if (list[0] === undefined) missing.push(file);
        else found[index] = Float32Array.from(list[0].embedding);
      } catch (error) {
        if (error.code !== 'ERR_NO_FACE' && error.code !== 'ERR_IMAGE_DECODE') throw error;
        missing.push(file);
      }
      onProgress(++done, pictures.length);
    }
  }
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));

  const rows = pictures.flatMap(({ person }, index) => (found[index] ? [{ person, index }] : []));
  const dimension = found[rows[0]?.index]?.length ?? 0;
  const vectors = new Float32Array(rows.length * dimension);
  rows.forEach(({ index }, row) => {
    const vector = found[index];
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      row * dimension,
    );
  });
  return { people: Int32Array.from(rows, ({ person }) => person), vectors, dimension, missing };
}
