// Draws the seeds of the JPEG targets (test/fuzz/seeds/jpeg, exif): node test/fuzz/draw-seeds.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const seeds = join(dirname(fileURLToPath(import.meta.url)), 'seeds');

function drawn(width, height) {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = ((i % (width * 3)) * 5 + (i >> 4) * 3) & 255;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function write(target, name, bytes) {
  mkdirSync(join(seeds, target), { recursive: true });
  writeFileSync(join(seeds, target, name), bytes);
}

const files = {
  baseline: drawn(24, 18).jpeg(),
  'full-colour': drawn(17, 33).jpeg({ chromaSubsampling: '4:4:4' }),
  progressive: drawn(33, 17).jpeg({ progressive: true }),
  grey: drawn(20, 20).greyscale().jpeg(),
  turned: drawn(24, 18).jpeg().withMetadata({ orientation: 6 }),
  mirrored: drawn(24, 18).jpeg({ progressive: true }).withMetadata({ orientation: 5 }),
};
for (const [name, picture] of Object.entries(files)) {
  const jpeg = await picture.toBuffer();
  write('jpeg', `${name}.jpg`, jpeg);
  const exif = jpeg.indexOf('Exif\0\0');
  if (exif > 0) {
    write('exif', `${name}.jpg`, jpeg.subarray(0, jpeg.indexOf(Buffer.of(0xff, 0xda)) + 4));
    write('exif', `${name}.tiff`, jpeg.subarray(exif + 6, exif + 200));
  }
}
