// How long the event loop is held by a gallery in a file, and how long each call takes.
//   node bench/gallery-loop.mjs [--json] [--entries 100000]
// A timer of 1 ms says by how much it was late at most during each call ("late"): on a machine that
// does other work, mostly by that. "held" is the most processor time that the main thread took
// between two of its ticks (Linux): what a call itself, and the garbage collector, held it for.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';
import { direction, randomOf } from './random-vectors.mjs';

await setUp();
const require = createRequire(import.meta.url);
const { createFaces, openGallery, sqliteGalleryStore } = await import('../dist/index.js');
const Database = require('better-sqlite3');

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, entries: { type: 'string', default: '100000' } },
});
const count = Number(values.entries);
const DIMENSION = 128;
const random = randomOf(7);
const hashOf = (i) => createHash('sha256').update(String(i)).digest('hex');
const entryOf = (i) => ({
  subject: i % 20 === 0 ? 'Everybody' : `subject ${i % 5000}`,
  embedding: direction(random, DIMENSION),
  contentHash: hashOf(i),
  source: `${i}.jpg`,
  metadata: null,
  crop: null,
});

/** Processor time of the main thread in milliseconds; undefined where the system does not tell. */
function threadTime() {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    return Number(text.split(' ')[0]) / 1e6;
  } catch {
    return undefined;
  }
}

/** By how much a timer of 1 ms was late at most while the work was under way. */
async function measure(work) {
  let late = 0;
  let held = 0;
  let due = performance.now() + 1;
  let before = threadTime();
  let timer;
  const tick = () => {
    const now = performance.now();
    late = Math.max(late, now - due);
    due = now + 1;
    const time = threadTime();
    held = Math.max(held, time - before);
    before = time;
    timer = setTimeout(tick, 1);
  };
  timer = setTimeout(tick, 1);
  const began = performance.now();
  const result = await work();
  const milliseconds = performance.now() - began;
  // What the call left for the loop to do is its own too.
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearTimeout(timer);
  return { milliseconds, late, held, result };
}

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-loop-'));
const file = join(folder, 'gallery.db');
const faces = createFaces();
const rows = [];
async function row(name, work) {
  const { milliseconds, late, held, result } = await measure(work);
  rows.push({ name, milliseconds, late, held });
  if (!values.json) {
    const cells = [milliseconds, late, held].map((value) => `${value.toFixed(1)} ms`.padStart(12));
    console.log(`${name.padEnd(46)}${cells.join('')}`);
  }
  return result;
}
if (!values.json) {
  const heads = ['takes', 'late', 'held'].map((head) => head.padStart(12));
  console.log(`${' '.repeat(46)}${heads.join('')}`);
}

try {
  const entries = Array.from({ length: count }, (_, i) => entryOf(i));
  const { make } = faces.embedderOfGallery();
  const store = sqliteGalleryStore({ file });
  await store.open(make, { keepCrops: false });
  await row(
    'an empty loop for 200 ms (the machine itself)',
    () => new Promise((r) => setTimeout(r, 200)),
  );
  await row(`add ${count} entries in batches of 1,000`, async () => {
    for (let at = 0; at < count; at += 1000) await store.add(entries.slice(at, at + 1000));
  });
  const probe = direction(random, DIMENSION);
  await row('first search: all vectors are read', () => store.search(probe, { limit: 5 }));
  await row('search', () => store.search(probe, { limit: 5 }));
  await row('find a known picture', () => store.find('Everybody', hashOf(0)));
  await row(`distance to a subject of ${count / 20} entries`, () =>
    store.distanceTo('Everybody', probe),
  );
  await row('list all subjects', () => store.subjects());
  await row('stats', () => store.stats());
  await store.close();

  const gallery = await openGallery({ file, faces });
  const lines = [];
  await row('export', async () => {
    for await (const line of gallery.export()) lines.push(line);
  });
  const other = await openGallery({ file: join(folder, 'other.db'), faces });
  await row('import', () => other.import(lines));
  await other.close();
  await row('enroll a known vector', () => gallery.enroll('Everybody', entries[0].embedding));
  const some = entries.slice(0, 3000).map(({ embedding }) => embedding);
  await row('cluster 3,000 vectors', () => gallery.cluster(some));
  await row(`rename a subject of ${count / 20} entries`, () =>
    gallery.rename('Everybody', 'Nobody'),
  );
  await row('forget a subject: the file is written anew', () => gallery.forget('Nobody'));
  await row('stats after it', () => gallery.stats());
  await gallery.close();

  // What the statements of an earlier version did on the event loop, for comparison.
  const database = new Database(file);
  await row('(before: VACUUM on the event loop)', async () => database.exec('VACUUM'));
  database.close();
} finally {
  await faces.close();
  rmSync(folder, { recursive: true, force: true });
}
const most = Math.max(...rows.filter(({ name }) => !name.startsWith('(')).map(({ held }) => held));
if (values.json) console.log(JSON.stringify({ entries: count, rows, most }));
else
  console.log(`\nheld at most ${most.toFixed(1)} ms by any of them (without the one in brackets)`);
