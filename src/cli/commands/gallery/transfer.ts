/** `gallery export` and `gallery import`. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MnnFaceError, messageOf } from '../../../errors.js';
import { EXIT } from '../../exit.js';
import { type GalleryCliOptions, withGallery } from './open.js';

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
      // Faces are personal data: the file is its owner's alone.
      await pipeline(lines, createWriteStream(file, { mode: 0o600 }));
    } catch (error) {
      if (error instanceof MnnFaceError) throw error;
      const message = `Cannot export to ${file}: ${messageOf(error)}`;
      throw new MnnFaceError('ERR_GALLERY', message, { cause: error });
    }
  });
  return EXIT.ok;
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
  const { entries, added } = result;
  console.log(
    options.json ? JSON.stringify(result) : `${added} imported, ${entries - added} there already`,
  );
  return EXIT.ok;
}
