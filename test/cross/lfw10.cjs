// The whole pipeline at one precision on the raw pictures of lfw10; writes the embeddings.
//   node lfw10.cjs PACKAGE SHARED PICTURES_FOLDER PRECISION OUT.json
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [root, shared, folder, precision, out] = process.argv.slice(2);
const load = (path) => require(join(root, 'dist', path));
const { Sessions } = load('models/sessions.js');
const { findModel } = load('models/manifest.js');
const { detectFaces } = load('detect/detector.js');
const { addLandmarks } = load('align/find-landmarks.js');
const { embedFaces, faceCropOf } = load('embed/embed-faces.js');

async function main() {
  const sessions = new Sessions({ lanes: 1, models: join(shared, 'models'), precision });
  const embedder = findModel('mobilefacenet');
  const result = [];
  for (const { name, file, width, height } of JSON.parse(
    readFileSync(join(folder, 'pictures.json')),
  )) {
    const pixels = { data: readFileSync(file), width, height };
    const found = await detectFaces(sessions, pixels, {
      detector: 'rfb-320',
      nms: 'hard',
      maxFaces: Number.POSITIVE_INFINITY,
      clip: false,
    });
    found.sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
    const largest = found.slice(0, 1);
    await addLandmarks(sessions, pixels, largest, 'onet');
    const [face] = await embedFaces(
      sessions,
      pixels,
      largest,
      embedder,
      faceCropOf(embedder, true),
    );
    result.push({ person: name.split(/[\\/]/)[0], face: Array.from(face) });
  }
  await sessions.close();
  writeFileSync(out, JSON.stringify(result));
}

main();
