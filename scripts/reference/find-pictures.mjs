import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { UsageError } from './usage-error.mjs';

/** What both sharp and OpenCV decode. */
const ENDING = /\.(jpe?g|png|webp|tiff?)$/i;

/**
 * The pictures of a folder and its sub-folders, by name.
 *
 * @returns {{ name: string, path: string }[]} Names are relative to the folder, with slashes.
 * @throws UsageError when there is no such folder or no picture in it.
 */
export function findPictures(folder) {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`There is no folder ${folder}.`);
  if (!stats.isDirectory()) throw new UsageError(`${folder} is not a folder.`);
  const pictures = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && ENDING.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return { name: relative(folder, path).split(sep).join('/'), path };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  if (pictures.length === 0) {
    throw new UsageError(`${folder} holds no JPEG, PNG, WebP or TIFF picture.`);
  }
  return pictures;
}
