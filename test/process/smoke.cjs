// The smoke suite of the Node matrix: CommonJS, ES modules, every detector, worker, memory cache.
//   node smoke.cjs SHARED_FOLDER
const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const root = join(__dirname, '..', '..');
const mnnFace = require(root);

const image = (name) => join(process.argv[2], 'images', name);

async function main() {
  const esm = await import(join(root, 'dist', 'index.js'));
  assert.equal(esm.createFaces, mnnFace.createFaces, 'one package, however it is loaded');
  assert.equal(esm.MnnFaceError, mnnFace.MnnFaceError);
  const { createFaces, DETECTORS, memoryStore, MnnFaceError, sqliteStore } = mnnFace;
  const faces = createFaces({ cache: memoryStore() });
  const same = await faces.verify(image('test4.jpg'), image('test5.jpg'));
  assert.ok(same.verified && same.distance > 0.25 && same.distance < 0.31);
  const other = await faces.verify(image('test.jpg'), image('test5.jpg'));
  assert.ok(!other.verified && other.distance > 0.7);
  assert.deepEqual(await faces.verify(image('test4.jpg'), image('test5.jpg')), same);
  for (const detector of DETECTORS) {
    assert.equal((await faces.detect(image('test2.jpeg'), { detector })).faces.length, 1, detector);
  }
  await assert.rejects(faces.detect(__filename), MnnFaceError);
  await faces.close();

  // better-sqlite3 is built for one Node version; on another it says what to do.
  try {
    const store = sqliteStore({ file: ':memory:' });
    store.set('key', Buffer.from('value'));
    assert.equal(Buffer.from(store.get('key')).toString(), 'value');
    store.close();
  } catch (error) {
    assert.equal(error.code, 'ERR_CACHE', error.stack);
  }

  // A gallery's statements run in threads, which are started from the package's own files.
  const folder = mkdtempSync(join(tmpdir(), 'mnn-face-smoke-'));
  try {
    const own = mnnFace.createFaces();
    const gallery = await mnnFace.openGallery({ file: join(folder, 'gallery.db'), faces: own });
    await gallery.enroll('Ada', image('test4.jpg'));
    const { faces: seen } = await gallery.identify(image('test5.jpg'));
    assert.equal(seen[0].match.subject, 'Ada');
    await gallery.close();
    await own.close();
  } catch (error) {
    assert.equal(error.code, 'ERR_GALLERY', error.stack);
    assert.match(error.message, /better-sqlite3/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  const worker = new Worker(
    `const { createFaces } = require(${JSON.stringify(root)});
     createFaces().detect(${JSON.stringify(image('test.jpg'))})
       .then((r) => require('node:worker_threads').parentPort.postMessage(r.faces.length));`,
    { eval: true },
  );
  const found = await new Promise((resolve, reject) =>
    worker.on('message', resolve).on('error', reject),
  );
  assert.equal(found, 1);
  console.log(`ok on Node ${process.version}`);
}

main();
