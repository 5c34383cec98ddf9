/** The queue of enrolments: worker processes on a real PostgreSQL, one of them killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../scripts/postgres.mjs';
import { queueEnrolments } from '../../src/cli/commands/queue.js';
import { MnnFaceError } from '../../src/errors.js';
import type { EnrollJob } from '../../src/gallery/queue/enroll-job.js';
import { enrollQueue } from '../../src/gallery/queue/enroll-queue.js';
import { runWorker } from '../../src/gallery/queue/enroll-worker.js';
import { image, shared } from '../data.js';
import { root } from '../process/run.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let admin: pg.Client;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  admin = new pg.Client(server.uri);
  await admin.connect();
}, 300_000);

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await admin?.end();
  await server?.stop();
});

const galleryOf = (schema: string) => `${server.uri}?schema=${schema}`;

function startWorker(gallery: string, ...more: string[]) {
  const args = ['worker', '--gallery', gallery, '--faces', 'largest', '--json', ...more];
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  workers.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, output, errors }));
  return { child, ended };
}

async function count(sql: string): Promise<number> {
  const { rows } = await admin.query<{ count: string }>(`SELECT count(*) AS count FROM ${sql}`);
  return Number(rows[0]?.count);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await setTimeout(20);
}

function lfw10(): EnrollJob[] {
  const folder = join(shared, 'lfw10');
  return readdirSync(folder).flatMap((subject) =>
    readdirSync(join(folder, subject)).map((name, i) => ({
      subject,
      path: join(folder, subject, name),
      metadata: { i },
    })),
  );
}

const activeJobs = () =>
  count("mnn_face_queue.job WHERE name = 'enroll-killed' AND state = 'active'");

it('enrols every picture once, though a worker is killed with a job in hand', async () => {
  const gallery = galleryOf('killed');
  const jobs = lfw10();
  expect(await queueEnrolments(gallery, jobs, { expireSeconds: 2 })).toBe(jobs.length);
  // Killed with a job in hand, or between two jobs: then once more.
  let inHand = 0;
  for (let least = 3; inHand === 0; least += 3) {
    const { child, ended } = startWorker(gallery, '--lanes', '1');
    await until(async () => (await count('killed.entries')) >= least);
    child.kill('SIGKILL');
    await ended;
    // What it had asked the server for is done or not when its connections are gone.
    await until(
      async () => (await count("pg_stat_activity WHERE application_name LIKE 'mnn-face%'")) === 0,
    );
    inHand = await activeJobs();
  }
  expect(inHand).toBe(1);
  const second = startWorker(gallery, '--until-empty', '--lanes', '1');
  const { code, output, errors } = await second.ended;
  expect(errors).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ failed: 0 });
  const { rows } = await admin.query<{ subject: string; content_hash: string; source: string }>(
    'SELECT subject, content_hash, source FROM killed.entries',
  );
  const wanted = jobs.map(({ subject, path = '' }) => {
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
    return `${subject} ${hash} ${path}`;
  });
  expect(rows.map((row) => `${row.subject} ${row.content_hash} ${row.source}`).sort()).toEqual(
    wanted.sort(),
  );
  expect(await count("mnn_face_queue.job WHERE name LIKE 'enroll-killed%'")).toBe(0);
}, 120_000);

it('takes bytes, enrols nothing twice, and puts aside what has no face', async () => {
  const gallery = galleryOf('bytes');
  const bytes = readFileSync(image('test4.jpg'));
  const good: EnrollJob = { subject: 'Ada', bytes, metadata: { from: 'bytes' } };
  // The second is left out while the first waits; the third is another job of the same picture.
  await queueEnrolments(gallery, [good, good, { subject: 'Ada', path: image('test4.jpg') }]);
  await queueEnrolments(gallery, [
    { subject: 'Bob', path: join(root, 'package.json') },
    { subject: 'Eve', path: '/no/such/file.jpg' },
  ]);
  const { code, output, errors } = await startWorker(gallery, '--until-empty').ended;
  expect(JSON.parse(output)).toEqual({ enrolled: 1, present: 1, failed: 2 });
  expect(code).toBe(2);
  expect(errors).toMatch(/package\.json: .*ERR_IMAGE_DECODE/);
  expect(errors).toMatch(/file\.jpg: .*ERR_IMAGE_DECODE/);
  const { rows } = await admin.query(
    'SELECT subject, metadata, embedding::text FROM bytes.entries',
  );
  expect(rows).toMatchObject([{ subject: 'Ada' }]);
  const queue = enrollQueue({ connectionString: gallery });
  expect(await queue.counts()).toEqual({ waiting: 0, active: 0, failed: 2 });
  await queue.close();
});

it('leaves the jobs in the queue when the gallery is of another model', async () => {
  const gallery = galleryOf('model');
  await queueEnrolments(gallery, [{ subject: 'Ada', path: image('test4.jpg') }]);
  const unaligned = await startWorker(gallery, '--until-empty', '--landmarks', 'none').ended;
  expect(unaligned.code).toBe(0);
  await queueEnrolments(gallery, [{ subject: 'Ada', path: image('test5.jpg') }]);
  const { code, output } = await startWorker(gallery, '--until-empty').ended;
  expect(code).toBe(2);
  expect(JSON.parse(output)).toMatchObject({ error: { code: 'ERR_GALLERY' } });
  const queue = enrollQueue({ connectionString: gallery });
  expect(await queue.counts()).toEqual({ waiting: 1, active: 0, failed: 0 });
  await queue.close();
});

it('finishes what it has in hand when it is told to end', async () => {
  const gallery = galleryOf('ended');
  await queueEnrolments(gallery, lfw10());
  const { child, ended } = startWorker(gallery);
  await until(async () => (await count('ended.entries')) >= 2);
  child.kill('SIGTERM');
  const { code, output } = await ended;
  expect(code).toBe(0);
  const { enrolled } = JSON.parse(output) as { enrolled: number };
  expect(await count('ended.entries')).toBe(enrolled);
  expect(await count("mnn_face_queue.job WHERE name = 'enroll-ended' AND state = 'active'")).toBe(
    0,
  );
});

it('gives a job back when its worker fails by no fault of the job', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('given') });
  await queue.send([{ subject: 'Ada', path: 'a.jpg' }]);
  const broken = () => Promise.reject(new MnnFaceError('ERR_GALLERY', 'disk full'));
  await expect(queue.work(broken, { untilEmpty: true })).rejects.toThrow('disk full');
  expect(await queue.counts()).toEqual({ waiting: 1, active: 0, failed: 0 });
  const seen: EnrollJob[] = [];
  const handler = async (job: EnrollJob) => {
    seen.push(job);
    return { added: true };
  };
  expect(await queue.work(handler, { untilEmpty: true, lanes: 3 })).toEqual({
    enrolled: 1,
    present: 0,
    failed: 0,
  });
  expect(seen).toEqual([{ subject: 'Ada', path: join(process.cwd(), 'a.jpg'), metadata: null }]);
  await queue.close();
});

it('tries a job some times and then puts it aside', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('tried') });
  await queue.send([
    { subject: 'Ada', path: 'poison.jpg' },
    { subject: 'Bob', path: 'b.jpg' },
  ]);
  let tries = 0;
  const failures: (string | undefined)[] = [];
  const handler = async ({ subject }: EnrollJob) => {
    if (subject === 'Bob') return { added: true };
    tries++;
    throw new Error('poison');
  };
  const onFailure = ({ path }: EnrollJob) => failures.push(path);
  expect(await queue.work(handler, { untilEmpty: true, onFailure })).toEqual({
    enrolled: 1,
    present: 0,
    failed: 1,
  });
  expect(tries).toBe(6);
  expect(failures).toEqual([join(process.cwd(), 'poison.jpg')]);
  expect(await queue.counts()).toEqual({ waiting: 0, active: 0, failed: 1 });
  await queue.close();
});

it('goes on after its connections were cut', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('cut') });
  await queue.send(['a', 'b', 'c'].map((subject) => ({ subject, path: 'x.jpg' })));
  const handler = async () => {
    await admin.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mnn-face-queue'",
    );
    return { added: true };
  };
  expect(await queue.work(handler, { untilEmpty: true })).toMatchObject({ enrolled: 3 });
  await queue.close();
});

it('puts a malformed job aside at its last try too, and goes on', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('malformed') });
  await queue.send(['a', 'b', 'c'].map((subject) => ({ subject, path: `${subject}.jpg` })));
  await admin.query(
    `UPDATE mnn_face_queue.job SET data = '{"subject": 5}', retry_count = retry_limit
     WHERE name = 'enroll-malformed' AND data->>'subject' = 'a'`,
  );
  await admin.query(
    `UPDATE mnn_face_queue.job SET data = '"nonsense"'
     WHERE name = 'enroll-malformed' AND data->>'subject' = 'b'`,
  );
  const failures: string[] = [];
  const onFailure = ({ subject }: EnrollJob, error: unknown) =>
    failures.push(`${subject}: ${String(error)}`);
  const handler = async () => ({ added: true });
  expect(await queue.work(handler, { untilEmpty: true, onFailure })).toEqual({
    enrolled: 1,
    present: 0,
    failed: 2,
  });
  expect(failures).toHaveLength(2);
  for (const failure of failures) expect(failure).toMatch(/a malformed job.*is malformed/);
  expect(await queue.counts()).toEqual({ waiting: 0, active: 0, failed: 2 });
  await queue.close();
});

it('goes on after an error while it asks for a job', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('asked') });
  await queue.send([{ subject: 'Ada', path: 'a.jpg' }]);
  // The server refuses to hand out a job three times; a sequence keeps count through rollbacks.
  await admin.query(`
    CREATE SEQUENCE mnn_face_queue.asked;
    CREATE FUNCTION mnn_face_queue.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('mnn_face_queue.asked') <= 3 THEN RAISE EXCEPTION 'not yet'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON mnn_face_queue.job FOR EACH ROW
      WHEN (NEW.name = 'enroll-asked' AND NEW.state = 'active')
      EXECUTE FUNCTION mnn_face_queue.refuse();`);
  const handler = async () => ({ added: true });
  expect(await queue.work(handler, { untilEmpty: true })).toMatchObject({ enrolled: 1 });
  const { rows } = await admin.query('SELECT last_value::int AS asked FROM mnn_face_queue.asked');
  expect(rows).toEqual([{ asked: 4 }]);
  await admin.query('DROP TRIGGER refuse ON mnn_face_queue.job');
  await queue.close();
});

it('carries how a face is to be found; a worker of another model refuses the job', async () => {
  const gallery = galleryOf('options');
  const crowd = image('crowd/12.jpg');
  await queueEnrolments(gallery, [
    { subject: 'Large', path: crowd, options: { faces: 'largest', detector: 'slim-320' } },
    { subject: 'None', path: crowd, options: { faces: 'largest', minSize: 5000 } },
    { subject: 'Several', path: crowd, options: { faces: 'single' } },
    { subject: 'Other', path: crowd, options: { embedder: 'mobilefacenet-192' } },
    { subject: 'Unaligned', path: crowd, options: { faces: 'largest', landmarks: false } },
  ]);
  const { output, errors } = await startWorker(gallery, '--until-empty').ended;
  expect(JSON.parse(output)).toEqual({ enrolled: 1, present: 0, failed: 4 });
  for (const code of ['ERR_NO_FACE', 'ERR_MULTIPLE_FACES', 'ERR_EMBEDDING_MISMATCH']) {
    expect(errors).toContain(code);
  }
  expect(errors).toMatch(/mobilefacenet-192, this worker and its gallery have mobilefacenet/);
  const { rows } = await admin.query('SELECT subject FROM options.entries');
  expect(rows).toEqual([{ subject: 'Large' }]);
});

it('takes names in their normal form, so that one job waits for one person', async () => {
  const queue = enrollQueue({ connectionString: galleryOf('names') });
  await queue.send([
    { subject: 'Jos\u00e9', path: 'a.jpg' },
    { subject: ' Jose\u0301', path: 'a.jpg' },
  ]);
  expect(await queue.counts()).toMatchObject({ waiting: 1 });
  await queue.close();
});

it('refuses jobs and options that make no sense', async () => {
  const connectionString = galleryOf('wrong');
  expect(() => enrollQueue({ connectionString, expireSeconds: 0 })).toThrow(RangeError);
  const queue = enrollQueue({ connectionString });
  const path = 'a.jpg';
  await expect(queue.send([{ subject: 'Ada' }])).rejects.toThrow(/path or bytes/);
  await expect(queue.send([{ subject: ' ', path }])).rejects.toThrow(/visible character/);
  await expect(queue.send([{ subject: 'Ada', path, bites: 1 } as never])).rejects.toThrow(/bites/);
  for (const options of [
    { minsize: 3 },
    { faces: 'all' },
    { minSize: -1 },
    { detector: 'rfb' },
    { signal: AbortSignal.abort() },
  ]) {
    const job = { subject: 'Ada', path, options } as never;
    await expect(queue.send([job])).rejects.toThrow(/option|faces|minSize|detector/);
  }
  const handler = async () => ({ added: true });
  for (const options of [{ lanes: 0 }, { lanes: Number.NaN }, { lanes: 1.5 }, { lanes: 65 }]) {
    await expect(queue.work(handler, options)).rejects.toThrow(RangeError);
    await expect(runWorker({ connectionString, ...options })).rejects.toThrow(RangeError);
  }
  await expect(queue.work(handler, { untilempty: true } as never)).rejects.toThrow(/untilempty/);
  await expect(queue.work(handler, { onFailure: 5 } as never)).rejects.toThrow(TypeError);
  await expect(runWorker({ connectionString, untilempty: true } as never)).rejects.toThrow(
    /runWorker\(\) options has no option "untilempty"/,
  );
  await queue.close();
});
