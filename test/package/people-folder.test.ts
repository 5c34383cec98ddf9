/** What `enroll --from` makes of a folder of people. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peopleIn } from '../../src/cli/commands/gallery/pictures.js';
import { cli } from '../process/run.js';

let root: string;
let elsewhere: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mnn-face-people-'));
  elsewhere = mkdtempSync(join(tmpdir(), 'mnn-face-elsewhere-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
});

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), 'no picture');
  }
}

function found() {
  const { tasks, passedOver, hidden } = peopleIn(root);
  return {
    tasks: tasks.map(({ subject, file }) => `${subject}: ${relative(root, file)}`),
    passedOver: passedOver.map(({ path, reason }) => `${relative(root, path)}: ${reason}`),
    hidden,
  };
}

test('folders within a person’s folder are that person’s; hidden files are counted', () => {
  write('Ada/1.jpg', 'Ada/2023/may/2.jpg', 'Bea/1.jpg', 'Bea/.DS_Store', '.git/x', 'Ada/.2.jpg');
  expect(found()).toEqual({
    tasks: ['Ada: 1.jpg', 'Ada: 2023/may/2.jpg', 'Bea: 1.jpg'].map((line) =>
      line.replace(': ', `: ${line.split(':')[0]}/`),
    ),
    passedOver: [],
    hidden: 3,
  });
});

test.skipIf(process.platform === 'win32')('links are followed, to files and to folders', () => {
  write('Ada/1.jpg', 'Ada/old/0.jpg');
  writeFileSync(join(elsewhere, 'b.jpg'), '');
  symlinkSync(join(elsewhere, 'b.jpg'), join(root, 'Ada/2.jpg'));
  symlinkSync(elsewhere, join(root, 'Bea'));
  // Up to where it came from, in two ways: that must end.
  symlinkSync('..', join(root, 'Ada/old/up'));
  symlinkSync(root, join(root, 'Ada/all'));
  symlinkSync('nowhere', join(root, 'Ada/3.jpg'));
  symlinkSync('loop', join(root, 'Ada/loop'));
  expect(found()).toEqual({
    tasks: ['Ada: Ada/1.jpg', 'Ada: Ada/2.jpg', 'Ada: Ada/old/0.jpg', 'Bea: Bea/b.jpg'],
    passedOver: [
      'Ada/3.jpg: a link to what is not there',
      'Ada/all: a link back to a folder that it is in',
      'Ada/loop: a link that leads to itself',
      'Ada/old/up: a link back to a folder that it is in',
    ],
    hidden: 0,
  });
});

test.skipIf(process.platform === 'win32')('everything else is passed over, by name', () => {
  write('Ada/1.jpg', 'loose.jpg');
  mkdirSync(join(root, 'Empty/deeper'), { recursive: true });
  spawnSync('mkfifo', [join(root, 'Ada/pipe')]);
  if (process.getuid?.() !== 0) {
    write('Cleo/1.jpg');
    chmodSync(join(root, 'Cleo'), 0);
  }
  const { tasks, passedOver } = found();
  expect(tasks).toEqual(['Ada: Ada/1.jpg']);
  expect(passedOver).toEqual(
    expect.arrayContaining([
      'Ada/pipe: it is no regular file',
      'Empty: no picture is in it',
      expect.stringMatching(/^loose\.jpg: it lies beside/),
    ]),
  );
  if (existsSync(join(root, 'Cleo'))) chmodSync(join(root, 'Cleo'), 0o755);
});

test('a folder of nobody is refused, with an example of what is in it', () => {
  expect(() => peopleIn(join(root, 'no'))).toThrow(/there is no such folder/);
  expect(() => peopleIn(root)).toThrow(/no folders with pictures in them\. It should/);
  write('loose.jpg');
  expect(() => peopleIn(root)).toThrow(/loose\.jpg: it lies beside/);
  expect(() => peopleIn(join(root, 'loose.jpg'))).toThrow(/Cannot enrol from .*not a directory/);
});

test('the command line: what cannot be, before anything is looked for', () => {
  write('Ada/1.jpg', 'loose.jpg');
  const queue = [
    'enroll',
    '--from',
    root,
    '--queue',
    '--gallery',
    'postgres://nobody@localhost:1/x',
  ];
  for (const [args, message] of [
    [['enroll', 'Ada', 'a.jpg', '--faces', 'all', '--gallery', join(root, 'g.db')], /one person/],
    [['enroll', 'Ada', 'a.jpg', '--gallery', ':memory:'], /kept in files/],
    [['enroll', 'Ada', 'a.jpg', '--gallery', ' '], /a file's path/],
    [['gallery', 'list', '--gallery', 'mysql://me:secret@host/db'], /postgres:\/\/user@host/],
    [[...queue, '--lanes', '2'], /--lanes .*mnn-face worker/],
    [[...queue, '--models', root], /--models .*mnn-face worker/],
    [[...queue, '--keep-crops'], /--keep-crops/],
    [['enroll', 'Ada', 'a.jpg', '--queue', '--gallery', join(root, 'g.db')], /PostgreSQL/],
  ] as const) {
    const { status, stderr } = cli(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/secret/);
    expect(status).toBe(2);
  }
  expect(readdirSync(root).sort()).toEqual(['Ada', 'loose.jpg']);
});

test('an import that cannot be read names its line; the gallery’s file is its owner’s', () => {
  const file = join(root, 'g.db');
  const broken = join(root, 'broken.ndjson');
  writeFileSync(broken, '\ufeff{"format":"mnn-face-gallery","version":1,"make"');
  const { status, stderr } = cli('gallery', 'import', broken, '--gallery', file);
  expect(stderr).toMatch(/Line 1 of the import is not usable: it is no JSON/);
  expect(status).toBe(2);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).toBe(0);
  const out = join(root, 'out.ndjson');
  writeFileSync(out, 'older');
  expect(cli('gallery', 'export', out, '--gallery', file).status).toBe(0);
  if (process.platform !== 'win32') expect(statSync(out).mode & 0o077).toBe(0);
  expect(cli('gallery', 'export', join(root, 'no', 'x'), '--gallery', file).status).toBe(2);
  expect(readdirSync(root).filter((name) => name.includes('.part'))).toEqual([]);
});
