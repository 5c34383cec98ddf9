/** The command line with the networks of registries: output, exit codes, errors. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cli, program, root } from '../process/run.js';
import { NETWORKS, picture } from './data.js';

const folder = mkdtempSync(join(tmpdir(), 'mnn-face-package-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const detector = ['--detector', NETWORKS.detector];
const networks = [...detector, '--embedder', NETWORKS.embedder];

describe('verify', () => {
  test('the same person: exit 0 and JSON', () => {
    const args = [picture('obama2.jpg'), picture('obama3.jpg'), ...networks];
    const result = cli('verify', ...args, '--json');
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      verified: true,
      model: NETWORKS.embedder,
      detector: NETWORKS.detector,
    });
  });

  test('different people: exit 1', () => {
    const result = cli('compare', picture('biden.jpg'), picture('obama2.jpg'), ...networks);
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(/not the same person {2}distance [01]\.\d{4} > threshold 0\.\d+/);
  });

  test('two faces: exit 2, and --faces largest', () => {
    const args = [picture('obama.jpg'), picture('obama2.jpg'), ...networks];
    const refused = cli('compare', ...args, '--json');
    expect(refused.status).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'ERR_MULTIPLE_FACES', count: 2 },
    });
    expect(cli('compare', ...args, '--faces', 'largest').status).toBe(0);
  });

  test('what is no picture: exit 2, one sentence', () => {
    const wrong = join(root, 'package.json');
    const result = cli('compare', wrong, picture('biden.jpg'), ...networks);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('package.json');
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });
});

test('detect and embed', () => {
  const detected = cli('detect', picture('biden.jpg'), ...detector, '--json');
  expect(detected.status, detected.stderr).toBe(0);
  expect(JSON.parse(detected.stdout).faces).toHaveLength(1);
  const embedded = cli('embed', picture('biden.jpg'), ...networks, '--json');
  expect(embedded.status, embedded.stderr).toBe(0);
  expect(JSON.parse(embedded.stdout).faces[0].embedding).toHaveLength(192);
});

test('enroll, identify, list', () => {
  const gallery = ['--gallery', join(folder, 'people.db')];
  const enrolled = cli('enroll', 'Obama', picture('obama2.jpg'), ...networks, ...gallery);
  expect(enrolled.status, enrolled.stderr).toBe(0);
  expect(cli('identify', picture('obama3.jpg'), ...networks, ...gallery).status).toBe(0);
  const stranger = cli('identify', picture('biden.jpg'), ...networks, ...gallery);
  expect(stranger.status).toBe(1);
  expect(stranger.stdout).toContain('unknown');
  expect(cli('gallery', 'list', '--embedder', NETWORKS.embedder, ...gallery).stdout).toContain(
    'Obama',
  );
});

test('a cache of the command line is found by the next', () => {
  const args = ['embed', picture('biden.jpg'), ...networks, '--json'];
  const cache = ['--cache', join(folder, 'cache.db')];
  const first = cli(...args, ...cache);
  expect(first.status, first.stderr).toBe(0);
  expect(cli(...args, ...cache).stdout).toBe(first.stdout);
});

test('a program that never closes ends by itself', () => {
  const result = program(`
    createFaces(${JSON.stringify(NETWORKS)}).embed(${JSON.stringify(picture('biden.jpg'))})
      .then(({ faces }) => console.log(faces.length));
  `);
  expect([result.signal, result.status, result.stdout]).toEqual([null, 0, '1\n']);
});
