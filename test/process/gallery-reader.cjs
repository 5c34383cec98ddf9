// Opens a gallery as somebody who may only read it: node gallery-reader.cjs FILE [UID]
const [, , file, uid] = process.argv;
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid(Number(uid));
  process.setuid(Number(uid));
}
const { sqliteGalleryStore } = require('../../dist/index.js');

const make = { model: 'm', fingerprint: 'm:1', dimension: 4 };
const probe = Float32Array.of(1, 0, 0, 0);
const store = sqliteGalleryStore({ file });

async function codeOf(work) {
  return await work.then(
    () => 'done',
    ({ code, message }) => `${code}: ${message}`,
  );
}

async function look() {
  const entries = [];
  for await (const { subject } of store.entries()) entries.push(subject);
  const [nearest] = await store.search(probe, { limit: 1 });
  return { entries, nearest: nearest?.subject, stats: (await store.stats()).entries };
}

async function main() {
  const saved = await store.savedMake();
  await store.open(saved ?? make, { keepCrops: false });
  console.log(JSON.stringify(await look()));
  for (const change of [
    store.add([]),
    store.forget('Ada'),
    store.rename('Ada', 'Bea'),
    store.remove('Ada'),
  ]) {
    console.log(JSON.stringify(await codeOf(change)));
  }
  // As often as a line comes in, once more.
  process.stdin.on('data', async () => console.log(JSON.stringify(await look())));
  process.stdin.on('end', () => store.close());
}

main().catch(({ code, message }) => {
  console.log(JSON.stringify(`${code}: ${message}`));
  return store.close();
});
