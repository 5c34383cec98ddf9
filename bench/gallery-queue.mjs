// Bulk enrolment through the queue: two workers, one of them killed with -9 on the way.
//   node bench/gallery-queue.mjs [--json] [--repeat 3] [--expire 5]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withPostgres } from '../scripts/postgres.mjs';
import { setUp } from '../scripts/setup.mjs';

await setUp({ dev: true });
const { queueEnrolments } = await import('../dist/cli/commands/queue.js');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');
const pg = createRequire(import.meta.url)('pg');
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli', 'main.js');

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    repeat: { type: 'string', default: '3' },
    expire: { type: 'string', default: '5' },
  },
});

/** The pictures of lfw10, each as often as is asked for; the copies differ in their last bytes. */
function writePictures(folder) {
  const jobs = [];
  const from = join(sharedDirectory, 'lfw10');
  for (const subject of readdirSync(from)) {
    for (const name of readdirSync(join(from, subject))) {
      const bytes = readFileSync(join(from, subject, name));
      for (let copy = 0; copy < Number(values.repeat); copy++) {
        const path = join(folder, `${copy}-${name}`);
        // Decoders do not read beyond the end of a JPEG.
        writeFileSync(path, Buffer.concat([bytes, Buffer.from(String(copy))]));
        jobs.push({ subject, path });
      }
    }
  }
  return jobs;
}

function startWorker(gallery) {
  const args = ['worker', '--gallery', gallery, '--until-empty', '--faces', 'largest', '--json'];
  const child = spawn(process.execPath, [cli, ...args, '--lanes', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  return { child, ended: once(child, 'close').then(() => output) };
}

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-bench-'));
try {
  const jobs = writePictures(folder);
  const result = await withPostgres(async (uri) => {
    const gallery = `${uri}?schema=bench`;
    const admin = new pg.Client(uri);
    await admin.connect();
    const entries = async () => {
      const sql = "SELECT to_regclass('bench.entries') IS NOT NULL AS there";
      if (!(await admin.query(sql)).rows[0].there) return 0;
      return Number((await admin.query('SELECT count(*) FROM bench.entries')).rows[0].count);
    };
    const sending = performance.now();
    await queueEnrolments(gallery, jobs, { expireSeconds: Number(values.expire) });
    const started = performance.now();
    const workers = [startWorker(gallery), startWorker(gallery)];
    while ((await entries()) < jobs.length / 3) await setTimeout(20);
    workers[0].child.kill('SIGKILL');
    const killed = performance.now();
    const atKill = await entries();
    const counts = JSON.parse(await workers[1].ended);
    const ended = performance.now();
    const { rows } = await admin.query(
      'SELECT count(*) AS entries, count(DISTINCT content_hash) AS contents FROM bench.entries',
    );
    const left = await admin.query('SELECT count(*) FROM mnn_face_queue.job');
    await admin.end();
    return {
      jobs: jobs.length,
      sentPerSecond: (1000 * jobs.length) / (started - sending),
      entriesWhenKilled: atKill,
      entries: Number(rows[0].entries),
      contents: Number(rows[0].contents),
      left: Number(left.rows[0].count),
      secondWorker: counts,
      seconds: (ended - started) / 1000,
      secondsAfterKill: (ended - killed) / 1000,
    };
  });
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${result.jobs} jobs, two workers, one killed when ${result.entriesWhenKilled} were enrolled: ` +
        `${result.entries} entries of ${result.contents} different pictures, ${result.left} jobs left, ` +
        `${result.seconds.toFixed(1)} s in all, ${result.secondsAfterKill.toFixed(1)} s after the kill (a job comes back after ${values.expire} s)`,
    );
  }
  if (result.entries !== result.jobs || result.contents !== result.jobs || result.left !== 0) {
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
