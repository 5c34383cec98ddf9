/** `gallery export` and `gallery import`. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pc from 'picocolors';
import { MnnFaceError, messageOf } from '../../../errors.js';
import type { Imported } from '../../../gallery/results.js';
import { EXIT } from '../../exit.js';
import { type GalleryCliOptions, withGallery } from './open.js';

/**
 * Faces are personal data: the file is its owner's alone. It has its name when it is whole: what is
 * cut off stands nowhere as an export.
 */
async function writeWhole(file: string, lines: Readable): Promise<void> {
  const part = `${file}.${randomUUID().slice(0, 8)}.part`;
  const remove = () => rm(part, { force: true });
  const end = () => void remove().then(() => process.exit(EXIT.interrupted));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    await pipeline(lines, createWriteStream(part, { mode: 0o600, flags: 'wx', flush: true }));
    await rename(part, file);
  } catch (error) {
    await remove();
    throw error;
  } finally {
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
  }
}

/** Devices and pipes are written to as they are. */
async function isSpecial(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

export async function exportCommand(
  file: string | undefined,
  options: GalleryCliOptions,
): Promise<number> {
  await withGallery(options, {}, async (gallery) => {
    const lines = Readable.from(gallery.export());
    if (file === undefined || file === '-') {
      await pipeline(lines, process.stdout, { end: false });
      return;
    }
    try {
      if (await isSpecial(file)) await pipeline(lines, createWriteStream(file));
      else await writeWhole(file, lines);
    } catch (error) {
      if (error instanceof MnnFaceError) throw error;
      const message = `Cannot export to ${file}: ${messageOf(error)}`;
      throw new MnnFaceError('ERR_GALLERY', message, { cause: error });
    }
  });
  return EXIT.ok;
}

function printImported({ entries, added, cropsLeftOut = 0, missing = 0 }: Imported): void {
  console.log(`${added} imported, ${entries - added} there already`);
  if (cropsLeftOut > 0) {
    console.error(
      `${pc.yellow('note')} the crops of ${cropsLeftOut} entries were left out, since this gallery keeps none: import into a new one with --keep-crops to have them.`,
    );
  }
  if (missing > 0) {
    console.error(
      `${pc.yellow('incomplete')} the export promises ${missing} more entries: it was cut off, or they were removed while it was written.`,
    );
  }
}

export async function importGalleryCommand(
  file: string,
  options: GalleryCliOptions & { keepCrops?: boolean },
): Promise<number> {
  const { keepCrops = false, ...rest } = options;
  const result = await withGallery(rest, { create: true, keepCrops }, async (gallery) => {
    try {
      return await gallery.import(file === '-' ? process.stdin : createReadStream(file));
    } catch (error) {
      if (error instanceof MnnFaceError) throw error;
      const message = `Cannot import ${file}: ${messageOf(error)}`;
      throw new MnnFaceError('ERR_GALLERY', message, { cause: error });
    }
  });
  if (options.json) console.log(JSON.stringify(result));
  else printImported(result);
  return result.missing === undefined ? EXIT.ok : EXIT.badInput;
}
