/** enroll, identify and gallery as a user runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { image, shared } from '../data.js';
import { cli, root } from '../process/run.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-gallery-cli-'));
const file = join(folder, 'gallery.db');
const gallery = ['--gallery', file];
const people = join(folder, 'people');
const lfw = (person: string, number: number) =>
  join(shared, 'lfw10', person, `${person}_000${number}.jpg`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  for (const person of ['Colin_Powell', 'Jacques_Chirac']) {
    mkdirSync(join(people, person), { recursive: true });
    for (const number of [1, 2]) {
      copyFileSync(lfw(person, number), join(people, person, `${number}.jpg`));
    }
  }
  writeFileSync(join(people, 'Colin_Powell', 'broken.jpg'), 'no picture');
  writeFileSync(join(people, 'Colin_Powell', '.hidden'), 'not looked at');
});

test('before there is a gallery', () => {
  for (const args of [
    ['identify', lfw('Colin_Powell', 3)],
    ['gallery', 'list'],
  ]) {
    const result = cli(...args, ...gallery);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/no gallery at .*gallery\.db.*enroll/s);
  }
  expect(existsSync(file)).toBe(false);
});

test('enroll --from: a bad picture is named and ends nothing; a second run passes over', () => {
  const first = cli('enroll', '--from', people, ...gallery);
  expect(first.stderr).toMatch(/broken\.jpg.*\(ERR_IMAGE_DECODE\)/);
  expect(first.stdout).toBe('4 enrolled, 0 there already, 1 failed\n');
  expect(first.status).toBe(2);
  expect(cli('enroll', '--from', people, ...gallery).stdout).toBe(
    '0 enrolled, 4 there already, 1 failed\n',
  );
  rmSync(join(people, 'Colin_Powell', 'broken.jpg'));
  const third = cli('enroll', '--from', people, ...gallery, '--json');
  expect(third.status).toBe(0);
  const lines = third.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatchObject({ subject: 'Colin_Powell', added: false });
});

test('enroll NAME PICTURE...; what is no use is refused', () => {
  const result = cli('enroll', 'Ada', image('test4.jpg'), image('test5.jpg'), ...gallery);
  expect(result).toMatchObject({ status: 0, stderr: '' });
  for (const args of [
    [],
    ['Ada'],
    ['Ada', 'a.jpg', '--from', people],
    ['--from', `${folder}/no`],
  ]) {
    expect(cli('enroll', ...args, ...gallery).status).toBe(2);
  }
  const all = cli('enroll', 'Bob', image('crowd/12.jpg'), ...gallery, '--faces', 'all');
  expect(all.status).toBe(2);
  expect(all.stderr).toMatch(/All faces .*--faces largest/);
  const crowd = cli('enroll', 'Bob', image('crowd/12.jpg'), ...gallery);
  expect(crowd.status).toBe(2);
  expect(crowd.stderr).toMatch(/--faces largest/);
});

test('identify: 0 when all are known, 1 when not, 2 for a bad picture', () => {
  const known = cli('identify', lfw('Colin_Powell', 3), ...gallery, '--json', '--limit', '2');
  expect(known).toMatchObject({ status: 0, stderr: '' });
  const json = JSON.parse(known.stdout);
  expect(json.file).toBe(lfw('Colin_Powell', 3));
  const [face] = json.faces;
  expect(Object.keys(face)).toEqual(
    expect.arrayContaining(['box', 'match', 'nearest', 'candidates']),
  );
  expect(face.match).toMatchObject({ subject: 'Colin_Powell' });
  expect(face.match.similarity).toBeCloseTo(1 - face.match.distance, 6);
  expect(face.candidates).toHaveLength(2);

  const stranger = cli('identify', image('test.jpg'), ...gallery, '--json');
  expect(stranger.status).toBe(1);
  expect(JSON.parse(stranger.stdout).faces[0]).toMatchObject({ match: null });
  expect(JSON.parse(stranger.stdout).faces[0].nearest.subject).toBeTypeOf('string');

  const many = cli(
    'identify',
    lfw('Colin_Powell', 3),
    'no.jpg',
    image('test.jpg'),
    ...gallery,
    '--json',
  );
  expect(many.status).toBe(2);
  const lines = many.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => 'error' in line)).toEqual([false, true, false]);

  const table = cli('identify', lfw('Colin_Powell', 3), image('test.jpg'), ...gallery);
  expect(table.stdout).toMatch(/Colin_Powell\n/);
  expect(table.stdout).toMatch(/unknown {2,}nearest: /);
  const strict = cli('identify', lfw('Colin_Powell', 3), ...gallery, '--threshold', '0.01');
  expect(strict.status).toBe(1);
  expect(cli('identify', lfw('Colin_Powell', 3), ...gallery, '--far', '0.001').status).toBe(0);
});

test('list, stats, rename, duplicates, cluster, export, import, remove, forget', () => {
  const json = (...args: string[]) => {
    const result = cli('gallery', ...args, ...gallery, '--json');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(result.stdout);
  };
  expect(json('list')).toMatchObject([
    { subject: 'Ada', entries: 2 },
    { subject: 'Colin_Powell', entries: 2 },
    { subject: 'Jacques_Chirac', entries: 2 },
  ]);
  expect(json('stats')).toMatchObject({ subjects: 3, entries: 6, kind: 'sqlite' });
  expect(cli('gallery', 'list', ...gallery).stdout).toMatch(/Colin_Powell +2 /);
  expect(cli('enroll', 'General', lfw('Colin_Powell', 1), ...gallery).status).toBe(0);
  expect(json('duplicates')[0]).toMatchObject({ sameContent: true });
  expect(json('rename', 'General', 'Colin_Powell')).toMatchObject({ renamed: 1 });
  expect(json('duplicates')).toEqual([]);
  expect(json('cluster')).toMatchObject({ clusters: 3 });
  const some = [1, 2, 3].map((number) => lfw('Hugo_Chavez', number));
  expect(
    json('cluster', ...some, image('test.jpg')).faces.map(
      (face: { cluster: number }) => face.cluster,
    ),
  ).toEqual([0, 0, 0, 1]);

  const out = join(folder, 'out.ndjson');
  expect(cli('gallery', 'export', out, ...gallery).status).toBe(0);
  expect(statSync(out).mode & 0o077).toBe(0);
  const other = ['--gallery', join(folder, 'other.db')];
  expect(cli('gallery', 'import', out, ...other).stdout).toBe('6 imported, 0 there already\n');
  expect(cli('gallery', 'import', out, ...other).stdout).toBe('0 imported, 6 there already\n');
  expect(
    cli('gallery', 'export', ...other)
      .stdout.trim()
      .split('\n'),
  ).toHaveLength(7);
  expect(cli('gallery', 'import', join(folder, 'none'), ...other).status).toBe(2);

  expect(json('remove', 'Ada', '--entry', '5').removed + json('remove', 'Ada').removed).toBe(2);
  expect(cli('gallery', 'remove', 'Ada', ...gallery).status).toBe(1);
  expect(json('forget', 'Colin_Powell')).toEqual({
    subject: 'Colin_Powell',
    entries: 2,
    erased: true,
  });
  expect(cli('gallery', 'forget', 'Colin_Powell', ...gallery).status).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'Ctrl-C: keeps what is done, says how to go on, 130',
  async () => {
    const own = join(folder, 'interrupted.db');
    const pictures = readdirSync(join(shared, 'lfw10')).flatMap((person) =>
      [1, 2, 3, 4, 5].map((number) => lfw(person, number)),
    );
    const args = [
      'enroll',
      'Everybody',
      ...pictures,
      '--gallery',
      own,
      '--json',
      '--faces',
      'largest',
    ];
    // Ctrl-C comes with the first picture's line, however slowly this process reads it.
    const interrupting = `
      const write = process.stdout.write;
      process.stdout.write = function (...line) {
        process.stdout.write = write;
        process.kill(process.pid, 'SIGINT');
        return write.apply(this, line);
      };
    `;
    const child = spawn(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(interrupting)}`,
        join(root, 'dist/cli/main.js'),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(errors).toMatch(/after \d+ of 50 pictures.*again to go on/s);
    const acknowledged = out.trim().split('\n').length;
    expect(acknowledged).toBeLessThan(50);
    const stats = JSON.parse(cli('gallery', 'stats', '--gallery', own, '--json').stdout);
    expect(stats.entries).toBe(acknowledged);
    const rest = cli(...args);
    expect(rest.status).toBe(0);
    expect(rest.stdout.split('"added":false')).toHaveLength(acknowledged + 1);
  },
);

test('MNN_FACE_GALLERY and the default place', () => {
  const { MNN_FACE_GALLERY: before, XDG_DATA_HOME: data } = process.env;
  try {
    process.env.MNN_FACE_GALLERY = file;
    expect(cli('gallery', 'list').status).toBe(0);
    delete process.env.MNN_FACE_GALLERY;
    process.env.XDG_DATA_HOME = join(folder, 'data');
    expect(cli('enroll', 'Ada', image('test4.jpg')).status).toBe(0);
    if (process.platform === 'linux') {
      expect(existsSync(join(folder, 'data', 'mnn-face', 'mnn-face-gallery.db'))).toBe(true);
    }
  } finally {
    if (before === undefined) delete process.env.MNN_FACE_GALLERY;
    else process.env.MNN_FACE_GALLERY = before;
    if (data === undefined) delete process.env.XDG_DATA_HOME;
    else process.env.XDG_DATA_HOME = data;
  }
});
