// Decodes the test pictures to raw files, which a target without sharp can read.
//   node decode.cjs PACKAGE SHARED OUT [FOLDER of SHARED]
const { readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [root, shared, out, folder = 'images'] = process.argv.slice(2);
const { decodePicture } = require(join(root, 'dist/image/decode.js'));
const { loadPicture } = require(join(root, 'dist/image/picture.js'));

async function main() {
  const images = join(shared, folder);
  const names = readdirSync(images, { recursive: true }).filter((name) => /\.jpe?g$/.test(name));
  const pictures = [];
  for (const name of names.sort()) {
    const pixels = await decodePicture(await loadPicture(join(images, name), 1e9), 1e9);
    const file = join(out, `${name.replace(/\W/g, '_')}.rgb`);
    writeFileSync(file, pixels.data);
    pictures.push({ name, file, width: pixels.width, height: pixels.height });
  }
  writeFileSync(join(out, 'pictures.json'), JSON.stringify(pictures));
}

main();
