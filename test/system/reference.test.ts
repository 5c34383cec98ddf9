/** The Python reference beside this package, as `npm run reference` runs them. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { image } from '../data.js';
import { root } from '../process/run.js';

/** The first run downloads and installs the Python packages. */
const TIMEOUT_MS = 15 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-reference-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function reference(args: string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(root, 'scripts/reference.mjs'), ...args], {
    cwd: scratch,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
    // INIT_CWD is npm's, when the tests are run by it.
    env: { ...process.env, INIT_CWD: scratch, NO_COLOR: '1', ...env },
  });
}

const ratio = v.object({ article: v.number(), warm: v.number() });
const times = v.object({ ratio });
const ReportSchema = v.object({
  summary: v.object({
    agrees: v.boolean(),
    all: v.object({ detect: times, compare: times }),
  }),
  notRunnable: v.array(v.object({ detector: v.string(), reason: v.string() })),
  rows: v.array(
    v.object({
      picture: v.string(),
      detector: v.string(),
      status: v.string(),
      note: v.nullable(v.string()),
      faces: v.object({
        ours: v.nullable(v.number()),
        article: v.nullable(v.number()),
        warm: v.nullable(v.number()),
      }),
      difference: v.object({ corner: v.nullable(v.number()), score: v.nullable(v.number()) }),
      cosine: v.nullable(v.number()),
      agrees: v.nullable(v.boolean()),
    }),
  ),
});

describe('on two pictures', () => {
  let result: SpawnSyncReturns<string>;
  let report: v.InferOutput<typeof ReportSchema>;

  beforeAll(() => {
    const folder = join(scratch, 'pictures');
    // A name that must be escaped in HTML, in a sub-folder.
    mkdirSync(join(folder, 'a <b>'), { recursive: true });
    copyFileSync(image('test4.jpg'), join(folder, 'one.jpg'));
    copyFileSync(image('crowd/9.jpg'), join(folder, 'a <b>', "two & '3'.jpg"));
    writeFileSync(join(folder, 'notes.txt'), 'no picture');
    result = reference(['pictures', '--json', '--repetitions', '1', '--html', 'report.html']);
    report = v.parse(ReportSchema, JSON.parse(result.stdout));
  }, TIMEOUT_MS);

  test('the two sides agree', () => {
    expect(result.status, result.stderr).toBe(0);
    expect(report.summary.agrees).toBe(true);
    expect(report.rows).toHaveLength(10);
    const compared = report.rows.filter(({ status }) => status === 'compared');
    expect(compared).toHaveLength(6);
    for (const row of compared) {
      const count = row.picture === 'one.jpg' ? 1 : 8;
      expect(row.faces).toEqual({ ours: count, article: count, warm: count });
      expect(row.difference.corner).toBeLessThan(row.detector.includes('quant') ? 0.5 : 0.01);
      expect(row.difference.score).toBeLessThan(1e-4);
      expect(row.cosine).toBeGreaterThan(0.999);
      expect(row.agrees).toBe(true);
    }
  });

  test('rows of models that the wheel cannot run say so', () => {
    const names = ['rfb-320-quant-admm-32', 'rfb-320-quant-kl-5792'];
    expect(report.notRunnable.map(({ detector }) => detector)).toEqual(names);
    const rows = report.rows.filter(({ status }) => status === 'not-run');
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(names).toContain(row.detector);
      expect(row.note).toContain('cannot run this model');
      expect(row.faces.ours).toBeGreaterThan(0);
      expect(row.agrees).toBeNull();
    }
  });

  test('times are there', () => {
    for (const { ratio } of [report.summary.all.detect, report.summary.all.compare]) {
      expect(ratio.article).toBeGreaterThan(0);
      expect(ratio.warm).toBeGreaterThan(0);
    }
  });

  test('the HTML report stands alone and escapes names', () => {
    const text = readFileSync(join(scratch, 'report.html'), 'utf8');
    expect(text.match(/<image href="data:image\/jpeg;base64,/g)).toHaveLength(2);
    expect(text).not.toMatch(/(src|href)="(?!data:)/);
    expect(text).toContain('a &#60;b&#62;/two &#38; &#39;3&#39;.jpg');
    expect(text).not.toContain('<b>/two');
  });
});

test(
  'a file that is no picture is named, and alone is bad input',
  () => {
    mkdirSync(join(scratch, 'broken'));
    writeFileSync(join(scratch, 'broken', 'text.jpg'), 'no picture');
    const { status, stdout, stderr } = reference(['broken', '--detectors', 'slim-320']);
    expect(status, stderr).toBe(2);
    expect(stdout).toContain('OpenCV cannot decode');
  },
  TIMEOUT_MS,
);

describe('bad use', () => {
  const missing = join(scratch, 'missing');
  const empty = join(scratch, 'empty');
  mkdirSync(empty);

  test.each([
    ['a folder that is not there', [missing], 'There is no folder'],
    ['a folder without pictures', [empty], 'holds no'],
    ['a file in place of a folder', [image('test4.jpg')], 'is not a folder'],
    ['an unknown detector', ['--detectors', 'yunet'], '"yunet" is none of rfb-320'],
    ['no repetitions', ['--repetitions', '0'], 'from 1 to 1000'],
    ['an unknown option', ['--jsn'], '--jsn'],
    ['two folders', [empty, empty], 'one folder'],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = reference(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    // A sentence, not a stack trace.
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
  });

  test('no Python', () => {
    const { status, stderr } = reference([image('.'), '--detectors', 'rfb-320'], {
      MNN_FACE_PYTHON: join(scratch, 'no-python'),
    });
    expect(status).toBe(2);
    expect(stderr).toContain('python3-venv');
  });
});
