/** A folder of people: one folder each, with their pictures. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const PICTURE = /\.(jpe?g|png|webp|tiff?|avif|gif)$/i;

/** @returns {{person: string, pictures: string[]}[]} sorted by name; folders without pictures left out. */
export function peopleOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort()
    .map((person) => ({
      person,
      pictures: readdirSync(join(folder, person))
        .filter((name) => PICTURE.test(name))
        .sort()
        .map((name) => join(folder, person, name)),
    }))
    .filter(({ pictures }) => pictures.length > 0);
}
