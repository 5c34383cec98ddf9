// The gallery in PostgreSQL at size: how often the index finds what an exact search finds, and how
// long a search takes. Subjects of several entries each, around centres by chance.
//   node bench/gallery-pgvector.mjs [--json] [--entries 100000] [--per-subject 5] [--probes 1000]
//                                   [--index-after]
// With --index-after the index is left out while entries are added and built once at the end, which
// is faster.
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { withPostgres } from '../scripts/postgres.mjs';
import { setUp } from '../scripts/setup.mjs';
import { direction, randomOf } from './random-vectors.mjs';

await setUp({ dev: true });
const { postgresGalleryStore } = await import('../dist/gallery/postgres/gallery-store.js');
const { createIndex } = await import('../dist/gallery/postgres/schema.js');
const pg = createRequire(import.meta.url)('pg');

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    entries: { type: 'string', default: '100000' },
    'per-subject': { type: 'string', default: '5' },
    probes: { type: 'string', default: '1000' },
    'index-after': { type: 'boolean', default: false },
  },
});
const count = Number(values.entries);
const perSubject = Number(values['per-subject']);
const probeCount = Number(values.probes);
const DIMENSION = 128;
/** Cosine between two pictures of one subject about 0.61: distances as of faces. */
const NOISE = 0.8;
const BATCH = 1000;

const random = randomOf(1);
const subjects = Math.ceil(count / perSubject);
const centres = Array.from({ length: subjects }, () => direction(random, DIMENSION));
const around = (subject) =>
  direction(random, DIMENSION, { centre: centres[subject], noise: NOISE });
const matrix = new Float32Array(count * DIMENSION);
for (let i = 0; i < count; i++) matrix.set(around(i % subjects), i * DIMENSION);

/** The subject of the entry with the largest cosine. */
function exactSubject(probe) {
  let best = -2;
  let at = 0;
  for (let i = 0; i < count; i++) {
    let dot = 0;
    for (let k = 0, from = i * DIMENSION; k < DIMENSION; k++) dot += matrix[from + k] * probe[k];
    if (dot > best) {
      best = dot;
      at = i;
    }
  }
  return `s${at % subjects}`;
}

const quantile = (times, q) => times[Math.min(times.length - 1, Math.floor(q * times.length))];

async function measure(store, admin) {
  const started = performance.now();
  if (values['index-after']) await admin.query('DROP INDEX mnn_face.entries_embedding');
  for (let at = 0; at < count; at += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - at) }, (_, k) => ({
      subject: `s${(at + k) % subjects}`,
      embedding: matrix.slice((at + k) * DIMENSION, (at + k + 1) * DIMENSION),
      contentHash: `h${at + k}`,
      source: null,
      metadata: null,
      crop: null,
    }));
    await store.add(batch);
    if (process.stderr.isTTY) process.stderr.write(`\r${at + batch.length} entries`);
  }
  if (values['index-after']) await createIndex(admin, 'mnn_face', DIMENSION);
  const addSeconds = (performance.now() - started) / 1000;
  const times = { 1: [], 5: [] };
  let right = 0;
  for (let i = 0; i < probeCount; i++) {
    const probe = around(Math.floor(random() * subjects));
    for (const limit of [1, 5]) {
      const before = performance.now();
      const found = await store.search(probe, { limit });
      times[limit].push(performance.now() - before);
      if (limit === 1 && found[0]?.subject === exactSubject(probe)) right++;
    }
  }
  for (const list of Object.values(times)) list.sort((a, b) => a - b);
  const { bytes } = await store.stats();
  return {
    entries: count,
    subjects,
    dimension: DIMENSION,
    entriesPerSecond: count / addSeconds,
    megabytes: bytes / 1e6,
    probes: probeCount,
    recallAt1: right / probeCount,
    p50Ms: quantile(times[1], 0.5),
    p95Ms: quantile(times[1], 0.95),
    p50Limit5Ms: quantile(times[5], 0.5),
  };
}

await withPostgres(
  async (connectionString) => {
    const store = postgresGalleryStore({ connectionString });
    await store.open(
      { model: 'drawn', fingerprint: 'drawn:1', dimension: DIMENSION },
      { keepCrops: false },
    );
    const admin = new pg.Client({ connectionString });
    await admin.connect();
    const result = await measure(store, admin);
    await admin.end();
    await store.close();
    if (values.json) {
      console.log(JSON.stringify(result));
      return;
    }
    console.log(
      `${result.entries} entries of ${result.subjects} subjects, ${DIMENSION} values: added ${result.entriesPerSecond.toFixed(0)}/s, ${result.megabytes.toFixed(0)} MB\n` +
        `recall@1 ${result.recallAt1.toFixed(4)} of ${result.probes} probes; nearest subject p50 ${result.p50Ms.toFixed(2)} ms, p95 ${result.p95Ms.toFixed(2)} ms; five subjects p50 ${result.p50Limit5Ms.toFixed(2)} ms`,
    );
  },
  { settings: { shared_buffers: '512MB', max_wal_size: '4GB', maintenance_work_mem: '512MB' } },
);
