// Search in galleries of 100,000 and 1,000,000 made-up faces of 128 values, on one core, against
// sqlite-vec (exact) and hnswlib-node (approximate; M 16, ef 200 to build, 100 to search).
//   node bench/gallery-search.mjs [--json] [--rows 100000,1000000] [--searches 100]
//        [--contestants float32,int8,sqlite-vec,hnswlib] [--hnsw-rows 100000] [--folder DIR]
// Each contestant runs in a process of its own, pinned by taskset where there is one. Its index is
// made before in another process, and kept in --folder if that is given. Galleries answer with 10
// people, the others with 10 faces: recall@10 is against the exact search of the same kind.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';
import { installRivals } from './gallery-search/rivals.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rows: { type: 'string', default: '100000,1000000' },
    searches: { type: 'string', default: '100' },
    contestants: { type: 'string', default: 'float32,int8,sqlite-vec,hnswlib' },
    'hnsw-rows': { type: 'string', default: '100000' },
    folder: { type: 'string' },
  },
});
await setUp({ dev: true });
installRivals();

const script = join(dirname(fileURLToPath(import.meta.url)), 'gallery-search', 'contestant.mjs');
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
const core = String(availableParallelism() - 1);

function run(name, rows, folder, searches, pinned) {
  const own = [process.execPath, script, name, String(rows), folder, String(searches)];
  const [command, ...args] = pinned && hasTaskset ? ['taskset', '-c', core, ...own] : own;
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`${name} with ${rows} rows failed.`);
  return searches === 0 ? undefined : JSON.parse(stdout);
}

/** How often the contestant's first face is that of the exact search. */
function agreement(found, exact) {
  const same = found.filter((rows, i) => rows[0] === exact[i][0]).length;
  return same / found.length;
}

/** How many of the reference's rows the contestant has. */
function recall(found, reference) {
  let hits = 0;
  let all = 0;
  for (const [i, rows] of reference.entries()) {
    const own = new Set(found[i]);
    hits += rows.filter((row) => own.has(row)).length;
    all += rows.length;
  }
  return hits / all;
}

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'mnn-face-search-'));
mkdirSync(folder, { recursive: true });
const results = [];
try {
  for (const rows of values.rows.split(',').map(Number)) {
    const measured = new Map();
    for (const name of values.contestants.split(',')) {
      if (name === 'hnswlib' && rows > Number(values['hnsw-rows'])) continue;
      run(name, rows, folder, 0, false);
      measured.set(name, run(name, rows, folder, Number(values.searches), true));
    }
    const exact = measured.get('float32')?.found;
    const rowsExact = measured.get('sqlite-vec')?.found;
    for (const [name, { found, ...figures }] of measured) {
      // A gallery answers with people, the others with faces: each against the exact one of its kind.
      const reference = name === 'float32' || name === 'int8' ? exact : rowsExact;
      results.push({
        rows,
        name,
        ...figures,
        first1: exact && agreement(found, exact),
        recall10: reference && recall(found, reference),
      });
    }
  }
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify(results));
else {
  for (const { rows, name, p50, p95, first, rss, peak, first1, recall10 } of results) {
    const share = (value) => (value === undefined ? '-' : value.toFixed(3));
    console.log(
      `${String(rows).padStart(8)} x 128  ${name.padEnd(10)}  p50 ${p50.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  first ${first.toFixed(0)} ms  RSS ${rss.toFixed(0)} MB (peak ${peak.toFixed(0)})  nearest as exact ${share(first1)}  recall@10 ${share(recall10)}`,
    );
  }
}
