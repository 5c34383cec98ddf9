// One contestant in a process of its own; called by bench/gallery-search.mjs.
//   node contestant.mjs NAME ROWS FOLDER SEARCHES
// Prints JSON: times, memory, and the nearest row ids of each probe.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DIMENSION, personOf, probes, rowVector } from './people.mjs';
import { requireRival } from './rivals.mjs';

const [name, rowsText, folder, searchesText] = process.argv.slice(2);
const rows = Number(rowsText);
const require = createRequire(import.meta.url);
const LIMIT = 10;
const make = { model: 'bench', fingerprint: 'bench:1', dimension: DIMENSION };
const bytesOf = (vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

async function gallery(vectors) {
  const { sqliteGalleryStore } = require('../../dist/index.js');
  const store = sqliteGalleryStore({ file: join(folder, `gallery-${rows}.db`), vectors });
  await store.open(make, { keepCrops: false });
  let { entries } = await store.stats();
  while (entries < rows) {
    const count = Math.min(5000, rows - entries);
    const batch = Array.from({ length: count }, (_, i) => ({
      subject: `person ${personOf(entries + i)}`,
      embedding: rowVector(entries + i),
      contentHash: `row ${entries + i}`,
      source: null,
      metadata: null,
      crop: null,
    }));
    await store.add(batch);
    entries += count;
  }
  return async (probe) =>
    (await store.search(probe, { limit: LIMIT })).map(({ entry }) => entry - 1);
}

function sqliteVec() {
  const Database = require('better-sqlite3');
  const file = join(folder, `vec-${rows}.db`);
  const made = existsSync(file);
  const database = new Database(file);
  requireRival('sqlite-vec').load(database);
  if (!made) {
    database.exec(`CREATE VIRTUAL TABLE faces USING vec0 (
      embedding float[${DIMENSION}] distance_metric=cosine)`);
    const insert = database.prepare('INSERT INTO faces (rowid, embedding) VALUES (?, ?)');
    database.transaction(() => {
      for (let row = 0; row < rows; row++) insert.run(BigInt(row + 1), bytesOf(rowVector(row)));
    })();
  }
  const search = database
    .prepare('SELECT rowid FROM faces WHERE embedding MATCH ? AND k = ?')
    .pluck();
  return (probe) => search.all(bytesOf(probe), LIMIT).map((id) => id - 1);
}

function hnsw() {
  const { HierarchicalNSW } = requireRival('hnswlib-node');
  const index = new HierarchicalNSW('ip', DIMENSION);
  const file = join(folder, `hnsw-${rows}.bin`);
  if (existsSync(file)) index.readIndexSync(file);
  else {
    index.initIndex(rows, 16, 200);
    for (let row = 0; row < rows; row++) index.addPoint(Array.from(rowVector(row)), row);
    index.writeIndexSync(file);
  }
  index.setEf(100);
  return (probe) => index.searchKnn(Array.from(probe), LIMIT).neighbors;
}

const CONTESTANTS = {
  float32: () => gallery('float32'),
  int8: () => gallery('int8'),
  'sqlite-vec': sqliteVec,
  hnswlib: hnsw,
};

const search = await CONTESTANTS[name]();
if (searchesText !== '0') {
  const all = probes(rows, Number(searchesText));
  const started = performance.now();
  await search(all[0]);
  const first = performance.now() - started;
  const times = [];
  const found = [];
  for (const probe of all) {
    const from = performance.now();
    found.push(await search(probe));
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  const rss = process.memoryUsage.rss() / 1e6;
  const peak = process.resourceUsage().maxRSS / 1e3;
  console.log(JSON.stringify({ first, p50: at(0.5), p95: at(0.95), rss, peak, found }));
}
process.exit(0);
