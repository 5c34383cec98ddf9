/** Native work that waits for a thread: planned off the event loop, dropped when it was aborted. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each(['plan', 'drop', 'lane', 'close', 'arguments'])('%s', { timeout: 60_000 }, (name) => {
  const result = spawnSync(process.execPath, [join(__dirname, '../native/queued-work.cjs'), name], {
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  expect([result.signal, result.stdout, result.stderr]).toEqual([null, 'done\n', '']);
});
