// The libraries that the addon is linked with: where they are, or are built.
//
//   MNN_ROOT=DIR, JPEG_ROOT=DIR   use these instead of the pinned ones (lib/, include/, schema/)
import process from 'node:process';
import { ensureJpegPrefix, hasJpegPrefix } from './jpeg/prefix.mjs';
import { ensureMnnPrefix, hasMnnPrefix } from './mnn/prefix.mjs';

const LIBRARIES = [
  { variable: 'MNN_ROOT', ensure: ensureMnnPrefix, isThere: hasMnnPrefix },
  { variable: 'JPEG_ROOT', ensure: ensureJpegPrefix, isThere: hasJpegPrefix },
];

/** Whether all are there; false when one must be built. */
export const areLibrariesThere = () =>
  LIBRARIES.every(({ variable, isThere }) => process.env[variable] || isThere());

/** Builds what is missing; gives the folders by the names of CMake's variables. */
export async function ensureLibraries() {
  const folders = {};
  for (const { variable, ensure } of LIBRARIES) {
    folders[variable] = process.env[variable] || (await ensure());
  }
  return folders;
}
