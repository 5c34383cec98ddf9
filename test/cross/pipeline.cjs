// All detectors, landmarks and embeddings on raw pictures; writes what they give.
//   node pipeline.cjs PACKAGE SHARED PICTURES_FOLDER OUT.json
const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [root, shared, folder, out] = process.argv.slice(2);
const load = (path) => require(join(root, 'dist', path));
const { native } = load('native.js');
const { Sessions } = load('models/sessions.js');
const { findModel } = load('models/manifest.js');
const { detectFaces } = load('detect/detector.js');
const { DETECTORS } = load('detect/types.js');
const { addLandmarks } = load('align/find-landmarks.js');
const { embedFaces, faceCropOf } = load('embed/embed-faces.js');

async function main() {
  const sessions = new Sessions({ lanes: 1, models: join(shared, 'models') });
  const result = { arch: process.arch, detectors: {}, embeddings: {}, resized: {} };
  const embedder = findModel('mobilefacenet');
  for (const { name, file, width, height } of JSON.parse(
    readFileSync(join(folder, 'pictures.json')),
  )) {
    const pixels = { data: readFileSync(file), width, height };
    const crowd = name.startsWith('crowd');
    const regions = Float64Array.of(0, 0, width, height);
    const small = await native().resample({
      picture: pixels,
      geometry: 'linear',
      regions,
      width: 320,
      height: 240,
    });
    result.resized[name] = createHash('sha256').update(small).digest('hex');
    for (const detector of DETECTORS) {
      // The two that run at full size take minutes under emulation.
      if (crowd && (detector === 'mtcnn' || detector === 'yunet')) continue;
      const options = { detector, nms: 'hard', maxFaces: Number.POSITIVE_INFINITY, clip: false };
      const faces = await detectFaces(sessions, pixels, options);
      result.detectors[detector] ??= {};
      result.detectors[detector][name] = faces;
      if (crowd || detector !== 'rfb-320') continue;
      await addLandmarks(sessions, pixels, faces, 'onet');
      const [embedding] = await embedFaces(
        sessions,
        pixels,
        faces.slice(0, 1),
        embedder,
        faceCropOf(embedder, true),
      );
      result.embeddings[name] = Array.from(embedding);
    }
  }
  await sessions.close();
  writeFileSync(out, JSON.stringify(result));
}

main();
