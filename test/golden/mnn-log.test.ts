/** What MNN logs goes into the error's message, not to stdout (native/mnn/log-hook.mjs). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shared } from '../data.js';
import { root } from '../process/run.js';

test("MNN's own words are in the error, and stdout stays the program's", () => {
  const source = `
    const { Session } = require('node-gyp-build')(${JSON.stringify(root)});
    const model = require('node:fs').readFileSync(${JSON.stringify(join(shared, 'models', 'RFB-320.mnn'))});
    const options = {
      lanes: 1, threads: 1, precision: 'normal', kernels: 'best',
      input: 'input', inputShape: [1, 4, 240, 320], outputs: [{ name: 'scores' }],
    };
    Session.load(model, options).catch((error) => console.error(error.message));
  `;
  const result = spawnSync(process.execPath, ['-e', source], { cwd: root, encoding: 'utf8' });
  expect(result.status).toBe(0);
  expect(result.stderr).toMatch(/MNN says: Compute Shape Error for \d+\n$/);
  expect(result.stdout).toBe('');
});
