/** `models pull vggface-senet50`: weights without a known SHA-256, here random ones in a mirror. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFileServer } from '../file-server.js';
import { hashOf, Pulling } from '../process/pulling.js';
import { root } from '../process/run.js';

const FILE = 'rcmalli_vggface_tf_notop_senet50.h5';
const folder = mkdtempSync(join(tmpdir(), 'mnn-face-vggface-'));
const weights = join(folder, FILE);
const pulling = new Pulling(folder);
const name = 'vggface-senet50';

beforeAll(() => {
  pulling.linkEnvironments();
  execFileSync('python3', [join(root, 'tools', 'convert', 'random_senet50.py'), weights]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('without the user’s word: refused, with the licence of what it was trained on', async () => {
  const { code, stderr } = await pulling.run(['pull', name], { MNN_FACE_MIRROR: folder });
  expect(code).toBe(2);
  expect(stderr).toContain('models pull vggface-senet50 --accept-unverified');
  expect(stderr).toMatch(/VGGFace2.*research only/);
  expect(existsSync(pulling.kept('vggface-senet50.mnn'))).toBe(false);
});

test('bytes that are no weights are not remembered', { timeout: 300_000 }, async () => {
  const server = await startFileServer({ [`/${FILE}`]: Buffer.from('<html>an error page</html>') });
  const accepting = ['pull', name, '--accept-unverified'];
  const { code } = await pulling.run(accepting, { MNN_FACE_MIRROR: server.url });
  await server.close();
  expect(code).toBe(2);
  expect(existsSync(join(pulling.cache, 'accepted-weights.json'))).toBe(false);
});

test('with it: converted, its SHA-256 printed and remembered', { timeout: 600_000 }, async () => {
  const server = await startFileServer({ [`/${FILE}`]: readFileSync(weights) });
  const accepting = ['pull', name, '--accept-unverified'];
  const { code, stdout, stderr } = await pulling.run(accepting, { MNN_FACE_MIRROR: server.url });
  await server.close();
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(hashOf(weights));
  expect(stdout).toMatch(/VGGFace2.*research only/);
  const remembered = readFileSync(join(pulling.cache, 'accepted-weights.json'), 'utf8');
  expect(JSON.parse(remembered)).toEqual({ [FILE]: hashOf(weights) });
  const entry = JSON.parse(readFileSync(pulling.kept('vggface-senet50.json'), 'utf8'));
  // Galleries record what it was made of, not what this build of the converter made.
  expect(entry).toMatchObject({ weights: hashOf(weights), outputs: [{ shape: [1, 2048] }] });
  const again = await pulling.pull([name]);
  expect(again.models[0]).toMatchObject({ status: 'present', license: 'unknown' });
});

test('other bytes are refused from then on', async () => {
  const other = mkdtempSync(join(folder, 'other-'));
  const bytes = readFileSync(weights);
  bytes[50_000_000] = (bytes[50_000_000] as number) ^ 1;
  writeFileSync(join(other, FILE), bytes);
  const kept = hashOf(pulling.kept('vggface-senet50.mnn'));
  const accepting = [name, '--accept-unverified', '--from', other];
  const { code, models } = await pulling.pull(accepting);
  expect(code).toBe(2);
  expect(models[0]?.error).toMatchObject({
    code: 'ERR_MODEL_CHECKSUM',
    message: expect.stringMatching(/which you accepted before.*remove .* from .*accepted-weights/s),
  });
  expect(hashOf(pulling.kept('vggface-senet50.mnn'))).toBe(kept);
  // And so they are where the model has to be made anew.
  rmSync(pulling.kept('vggface-senet50.json'));
  expect((await pulling.pull([name, '--from', other])).code).toBe(2);
});

test('another machine’s cache serves, with the same identity', { timeout: 300_000 }, async () => {
  const first = pulling.cache;
  const entry = join(first, 'models', 'vggface-senet50.json');
  if (!existsSync(entry)) {
    const { code } = await pulling.pull([name, '--from', folder]);
    expect(code).toBe(0);
  }
  const elsewhere = new Pulling(mkdtempSync(join(folder, 'elsewhere-')));
  // No Python there.
  const own = { MNN_FACE_PYTHON: '/no/python' };
  expect((await elsewhere.pull([name, '--from', first], own)).code).toBe(2);
  const accepting = [name, '--accept-unverified', '--from', first];
  const { code, models } = await elsewhere.pull(accepting, own);
  expect([code, models[0]?.status]).toEqual([0, 'fetched']);
  const taken = JSON.parse(readFileSync(elsewhere.kept('vggface-senet50.json'), 'utf8'));
  expect(taken.weights).toBe(JSON.parse(readFileSync(entry, 'utf8')).weights);
});
