// What the caches save, and that memory stays flat.
//   node bench/cache.mjs [--json] [--calls 10000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';

await setUp({ dev: true });
const { createFaces, memoryStore, sqliteStore } = await import('../dist/index.js');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, calls: { type: 'string', default: '10000' } },
});
const calls = Number(values.calls);
const image = (name) => join(sharedDirectory, 'images', name);
const pair = [image('test4.jpg'), image('test5.jpg')];
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function cachedVerify(makeStore) {
  const first = [];
  const second = [];
  for (let i = 0; i < 15; i++) {
    const faces = createFaces({ cache: makeStore(i) });
    // Models are loaded by another pair: loading is not what the cache saves.
    await faces.verify(image('test2.jpeg'), image('test3.jpeg'));
    first.push(await timed(() => faces.verify(...pair)));
    for (let k = 0; k < 10; k++) second.push(await timed(() => faces.verify(...pair)));
    await faces.close();
  }
  return {
    firstMs: median(first),
    secondMs: median(second),
    ratio: median(first) / median(second),
  };
}

/** RSS after warm-up and after `calls` verifies of made-up embeddings' pictures. */
async function growth(options, pictureAt) {
  const faces = createFaces(options);
  const round = async (from, count) => {
    for (let i = from; i < from + count; i++) await faces.verify(pictureAt(i), pair[1]);
  };
  const warmUp = Math.max(200, Math.floor(0.3 * calls));
  await round(0, warmUp);
  const before = process.memoryUsage.rss();
  await round(warmUp, calls);
  const after = process.memoryUsage.rss();
  await faces.close();
  return { calls, growthMb: (after - before) / 1e6 };
}

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-bench-'));
try {
  const { default: sharp } = await import('sharp');
  const small = await sharp(pair[0], { ignoreIcc: true })
    .resize(240)
    .removeAlpha()
    .raw()
    .toBuffer();
  const height = small.length / (240 * 3);
  const changing = (i) => {
    const data = Buffer.from(small);
    data.writeUInt32LE(i, 0);
    return { data, width: 240, height, channels: 3 };
  };
  const result = {
    memory: await cachedVerify(() => memoryStore()),
    sqlite: await cachedVerify((i) => sqliteStore({ file: join(folder, `${i}.db`) })),
    samePictures: await growth({ cache: memoryStore() }, () => pair[0]),
    changingPictures: await growth({ cache: memoryStore({ maxBytes: 1e6 }) }, changing),
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    for (const name of ['memory', 'sqlite']) {
      const { firstMs, secondMs, ratio } = result[name];
      console.log(
        `verify of two files, ${name} cache: first ${firstMs.toFixed(2)} ms, again ${secondMs.toFixed(2)} ms: ${ratio.toFixed(0)} x`,
      );
    }
    for (const name of ['samePictures', 'changingPictures']) {
      console.log(
        `${name}: RSS grew by ${result[name].growthMb.toFixed(1)} MB in ${calls} verifies`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
