/** The short form of `npm run test:sanitize`: the addon under AddressSanitizer finds nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.skipIf(process.platform !== 'linux')(
  'the addon under ASan, UBSan and LSan',
  { timeout: 900_000 },
  () => {
    const script = join(__dirname, '../../scripts/test-sanitize.mjs');
    const result = spawnSync(process.execPath, [script, '--short'], { encoding: 'utf8' });
    expect(result.status, result.stdout + result.stderr).toBe(0);
  },
);
