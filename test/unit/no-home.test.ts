/** Users without a home folder, as in containers. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canRunHere } from '../other-user.js';
import { root } from '../process/run.js';

/** No user has this number. */
const NOBODY = 54_321;

function asNobody(env: Record<string, string>, source: string) {
  const prelude = `const { userCacheDirectory, userCacheDirectoryIfAny } = require(${JSON.stringify(
    join(root, 'dist/models/user-cache.js'),
  )}); const { modelDirectories } = require(${JSON.stringify(join(root, 'dist/models/model-files.js'))});`;
  return spawnSync(process.execPath, ['-e', prelude + source], {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
    uid: NOBODY,
    gid: NOBODY,
  });
}

// Only root may be somebody else, and only where that one can read the code.
describe.skipIf(!canRunHere(NOBODY))('a user without a name', () => {
  const ASK =
    'try { console.log(userCacheDirectory()); } catch (e) { console.log(e.code, e.message); }';
  const LOOK = 'console.log(modelDirectories().length > 0, userCacheDirectoryIfAny());';

  test('and without HOME: models are looked for, and only the cache is missed', () => {
    expect(asNobody({}, LOOK)).toMatchObject({ stdout: 'true undefined\n', status: 0 });
    expect(asNobody({}, ASK).stdout).toMatch(/^ERR_MODEL_MISSING .*MNN_FACE_CACHE/);
  });

  test('MNN_FACE_CACHE is enough', () => {
    expect(asNobody({ MNN_FACE_CACHE: '/tmp/x' }, ASK).stdout).toBe('/tmp/x\n');
  });

  test("another user's cache is not looked into", () => {
    const { stdout, status } = asNobody(
      { HOME: '/root' },
      'console.log(modelDirectories().some((d) => d.startsWith("/root/")));',
    );
    expect([stdout, status]).toEqual(['false\n', 0]);
  });

  test('HOME=/: a missing model says what to do, with its code', () => {
    const source = `
      const { readModel } = require(${JSON.stringify(join(root, 'dist/models/read-model.js'))});
      const model = { ...require(${JSON.stringify(join(root, 'dist/models/manifest.js'))}).findModel('rfb-320'), file: 'nowhere.mnn' };
      readModel(model).catch((e) => console.log(e.code, e.message));
    `;
    for (const env of [{ HOME: '/' }, {}] as Record<string, string>[]) {
      const { stdout } = asNobody({ ...env, MNN_FACE_MIRROR: '/nowhere' }, source);
      expect(stdout).toMatch(/^ERR_MODEL_MISSING The model "rfb-320" was not found/);
    }
  });
});
