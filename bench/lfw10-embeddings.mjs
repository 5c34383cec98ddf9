/** Embeds the pictures of lfw10 (10 people x 10 pictures), by person. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const sharedDirectory =
  process.env.MNN_FACE_SHARED ??
  join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared');

/** @returns {Promise<{person: string, file: string, face: object}[]>} */
export async function embedLfw10(faces, options = {}) {
  const root = join(sharedDirectory, 'lfw10');
  const files = readdirSync(root)
    .sort()
    .flatMap((person) =>
      readdirSync(join(root, person))
        .sort()
        .map((name) => ({ person, file: join(root, person, name) })),
    );
  return await Promise.all(
    files.map(async ({ person, file }) => {
      const { faces: found } = await faces.embed(file, { faces: 'largest', ...options });
      return { person, file, face: found[0] };
    }),
  );
}

/** Distances of all pairs: of one person (genuine) and of two (impostor). */
export function pairDistances(entries, distance) {
  const genuine = [];
  const impostor = [];
  for (const [i, a] of entries.entries()) {
    for (const b of entries.slice(i + 1)) {
      (a.person === b.person ? genuine : impostor).push(distance(a.face, b.face));
    }
  }
  return { genuine, impostor };
}
