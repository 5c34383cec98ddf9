/** Gets one file, checked, from a folder or an address into the folder of downloads. */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';
import { hashFile } from '../hash-file.js';
import { checksumError, type DownloadOptions, download, type Wanted } from './download.js';
import { writeError } from './failure.js';
import { copyContent } from './store.js';

/** A file in the folder of downloads whose SHA-256 is known. */
export interface Obtained {
  file: string;
  sha256: string;
}

async function copyLocal(from: string, to: string, wanted: Wanted): Promise<string> {
  try {
    const about = await stat(from);
    // Not a pipe or a folder, which a copy would wait for.
    if (!about.isFile()) throw new Error('it is no ordinary file');
    if (about.size > wanted.maxBytes) {
      throw new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `${from} has ${about.size} bytes, more than the ${wanted.maxBytes} that are expected`,
      );
    }
    await copyContent(from, to);
  } catch (error) {
    if (error instanceof MnnFaceError) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new MnnFaceError('ERR_MODEL_MISSING', `There is no file ${from}`, { cause: error });
    }
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      `${from} could not be copied: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const sum = await hashFile(to);
  const { size } = await stat(to);
  if (size > 0 && (wanted.sha256 === undefined || wanted.sha256.includes(sum))) return sum;
  await rm(to, { force: true });
  throw checksumError(from, sum, size, wanted);
}

/**
 * @param name - The name in the folder of downloads: the caller holds its lock.
 * @throws MnnFaceError `ERR_MODEL_MISSING`, `ERR_MODEL_CHECKSUM`
 */
export async function obtain(
  place: string | URL,
  downloads: string,
  name: string,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<Obtained> {
  const file = join(downloads, name);
  // It was fetched whole before, by a run whose next step failed.
  if (wanted.sha256 !== undefined) {
    const sha256 = await hashFile(file).catch(() => '');
    if (wanted.sha256.includes(sha256)) return { file, sha256 };
  }
  const part = `${file}.part`;
  try {
    const sha256 =
      typeof place === 'string'
        ? await copyLocal(place, part, wanted)
        : await download(place, part, wanted, options);
    // Renaming within one folder: whole, or not there.
    await rename(part, file);
    return { file, sha256 };
  } catch (error) {
    throw writeError(downloads, error);
  }
}
