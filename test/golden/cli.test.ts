/** The command line as a user runs it: output, exit codes, errors. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { FIVE, image } from '../data.js';
import { cli, root } from '../process/run.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('compare', () => {
  test('the same person: exit 0 and the documented JSON', () => {
    const result = cli('compare', image('test4.jpg'), image('test5.jpg'), '--json');
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        'verified',
        'distance',
        'similarity',
        'threshold',
        'metric',
        'model',
        'detector',
        'faces',
      ]),
    );
    expect(json).toMatchObject({ verified: true, metric: 'cosine', model: 'mobilefacenet' });
    expect(json.faces).toHaveLength(2);
    expect(Object.keys(json.faces[0]).sort()).toEqual(['box', 'landmarks', 'score']);
  });

  test('different people: exit 1', () => {
    const result = cli('compare', image('test.jpg'), image('test5.jpg'));
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(/not the same person {2}distance 0\.\d{4} > threshold 0\.6/);
  });

  test('several faces: exit 2, and --faces largest', () => {
    const crowd = image('crowd/12.jpg');
    const refused = cli('compare', crowd, image('test.jpg'), '--json');
    expect(refused.status).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'ERR_MULTIPLE_FACES', count: 5 },
    });
    expect(refused.stderr).toMatch(/5 faces were found in the first picture/);
    expect(cli('compare', crowd, image('test.jpg'), '--faces', 'largest').status).toBe(1);
  });

  test('--low-memory takes slim-320, unless told otherwise', () => {
    const pair = ['compare', image('test4.jpg'), image('test5.jpg'), '--json', '--low-memory'];
    expect(JSON.parse(cli(...pair).stdout)).toMatchObject({ verified: true, detector: 'slim-320' });
    const told = cli(...pair, '--detector', 'yunet');
    expect(JSON.parse(told.stdout)).toMatchObject({ verified: true, detector: 'yunet' });
  });

  test('--annotate writes a picture', async () => {
    const file = join(folder, 'annotated.png');
    const result = cli('compare', image('test4.jpg'), image('test5.jpg'), '--annotate', file);
    expect(result.stdout).toContain(`wrote ${file}`);
    expect(await sharp(file).metadata()).toMatchObject({ width: 1440, height: 480 });
  });
});

test('--far and --cache', () => {
  const file = join(folder, 'cache.db');
  const args = [
    'compare',
    image('test4.jpg'),
    image('test5.jpg'),
    '--far',
    '0.001',
    '--cache',
    file,
    '--json',
  ];
  const first = cli(...args);
  expect(first.status).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ threshold: 0.69 });
  expect(cli(...args).stdout).toBe(first.stdout);
  expect(existsSync(file)).toBe(true);
});

describe('detect', () => {
  test('one picture: one document', () => {
    const result = cli('detect', image('test2.jpeg'), '--json');
    expect(result.status).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json).toMatchObject({
      file: image('test2.jpeg'),
      width: 509,
      height: 339,
      detector: 'rfb-320',
    });
    expect(Object.keys(json.faces[0])).toEqual(['box', 'score']);
  });

  test('many pictures: a line each, in order; a bad one does not stop the rest', () => {
    const bad = join(folder, 'bad.jpg');
    writeFileSync(bad, 'no picture');
    const files = [image(FIVE[0]), bad, image(FIVE[1])];
    const result = cli('detect', ...files, '--json');
    expect(result.status).toBe(2);
    const lines = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ file }) => file)).toEqual(files);
    expect(lines[1]).toMatchObject({ error: { code: 'ERR_IMAGE_DECODE' } });
    expect(lines[2].faces).toHaveLength(1);
  });

  test('a table for people', () => {
    const { stdout } = cli('detect', image('crowd/12.jpg'));
    expect(stdout).toMatch(/5 faces {2}1024 x 768, rfb-320/);
    expect(stdout.trim().split('\n')).toHaveLength(7);
  });

  test.each([
    'rfb-320',
    'rfb-320-quant-admm-32',
    'rfb-320-quant-kl-5792',
    'slim-320',
    'slim-320-quant-admm-50',
    'mtcnn',
    'yunet',
  ])('--detector %s', (detector) => {
    const result = cli('detect', image('test5.jpg'), '--detector', detector, '--json');
    expect(result.status).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json).toMatchObject({ detector });
    expect(json.faces).toHaveLength(1);
  });
});

describe('what goes wrong on the way out', () => {
  const shell = (command: string) =>
    spawnSync('bash', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
  const main = join(root, 'dist/cli/main.js');

  test('a closed pipe does not change the verdict', () => {
    const run = (a: string, b: string) =>
      shell(
        `"${process.execPath}" "${main}" compare "${image(a)}" "${image(b)}" --json | true; echo \${PIPESTATUS[0]}`,
      ).stdout.trim();
    expect(run('test4.jpg', 'test.jpg')).toBe('1');
    expect(run('test4.jpg', 'test5.jpg')).toBe('0');
  });

  test('a full disk is an internal error, not a verdict', () => {
    expect(
      shell(
        `"${process.execPath}" "${main}" compare "${image('test4.jpg')}" "${image('test5.jpg')}" --json > /dev/full`,
      ).status,
    ).toBe(3);
  });

  test('an annotated picture that cannot be written: one document, exit 2', () => {
    const result = cli(
      'compare',
      image('test4.jpg'),
      image('test5.jpg'),
      '--json',
      '--annotate',
      join(folder, 'no', 'a.jpg'),
    );
    expect(result.status).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'ERR_IMAGE_WRITE' } });
    expect(
      cli('detect', image('test.jpg'), image('test2.jpeg'), '--annotate', join(folder, 'a.png'))
        .status,
    ).toBe(2);
  });
});

test('embed: the documented JSON', () => {
  const result = cli('embed', image('test4.jpg'), '--json');
  expect(result.status).toBe(0);
  const json = JSON.parse(result.stdout);
  expect(json).toMatchObject({ file: image('test4.jpg'), model: 'mobilefacenet' });
  expect(json.faces[0].embedding).toHaveLength(128);
  expect(json.faces[0].landmarks).toHaveLength(5);
});

describe('bad use: exit 2 with one clear line, and no stack', () => {
  const picture = image('test.jpg');
  test.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: mnn-face/],
    ['an unknown command', ['frobnicate'], /unknown command/],
    ['no picture', ['detect'], /missing required argument/],
    ['one picture to compare', ['compare', picture], /missing required argument/],
    ['an unknown detector', ['detect', picture, '--detector', 'x'], /Allowed choices are rfb-320/],
    ['an unknown option', ['detect', picture, '--frob'], /unknown option/],
    ['a threshold of NaN', ['detect', picture, '--score-threshold', 'NaN'], /Not a number/],
    ['a negative threshold', ['detect', picture, '--score-threshold', '-1'], /from 0 to 1/],
    ['a distance of NaN', ['compare', picture, picture, '--threshold', 'abc'], /Not a number/],
    ['half a face', ['detect', picture, '--max-faces', '0.5'], /from 1 to/],
    ['an odd input size', ['detect', picture, '--input-size', '321x240'], /multiples of 32/],
    ['an input size of words', ['detect', picture, '--input-size', 'big'], /WIDTHxHEIGHT/],
    ['a missing picture', ['detect', join(folder, 'none.jpg')], /no such file/],
  ])('%s', (_, args, message) => {
    const result = cli(...args);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  test('help and version: exit 0', () => {
    expect(cli('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('compare') });
    expect(cli('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(cli('detect', '--help').status).toBe(0);
  });
});
