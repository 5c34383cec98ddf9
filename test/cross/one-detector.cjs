// One detector on one raw picture, a number of times.
//   node one-detector.cjs PACKAGE SHARED PICTURES_FOLDER DETECTOR TIMES
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const [root, shared, folder, detector, times] = process.argv.slice(2);
const load = (path) => require(join(root, 'dist', path));
const { Sessions } = load('models/sessions.js');
const { findModel } = load('models/manifest.js');
const { detectFaces } = load('detect/detector.js');
const { addLandmarks } = load('align/find-landmarks.js');
const { embedFaces, faceCropOf } = load('embed/embed-faces.js');

async function main() {
  const sessions = new Sessions({ lanes: 1, models: join(shared, 'models') });
  const pictures = JSON.parse(readFileSync(join(folder, 'pictures.json')));
  const { file, width, height } = pictures.find(({ name }) => name === 'test4.jpg');
  const pixels = { data: readFileSync(file), width, height };
  const find = (name) =>
    detectFaces(sessions, pixels, {
      detector: name,
      nms: 'hard',
      maxFaces: Number.POSITIVE_INFINITY,
      clip: false,
    });
  const embedder = findModel('mobilefacenet');
  const [known] = detector === 'embed' ? await find('slim-320') : [];
  for (let i = 0; i < Number(times); i++) {
    if (detector !== 'embed') {
      await find(detector);
      continue;
    }
    const face = { box: known.box, score: known.score };
    await addLandmarks(sessions, pixels, [face], 'onet');
    await embedFaces(sessions, pixels, [face], embedder, faceCropOf(embedder, true));
  }
  await sessions.close();
}

main();
