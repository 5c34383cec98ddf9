// libuv's threads, all taken: what is queued waits until they are let go. For processes that run with
// UV_THREADPOOL_SIZE=1.
const { execFileSync } = require('node:child_process');
const { closeSync, mkdtempSync, open, openSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Blocks the one thread of the pool; gives the function that lets it go. */
exports.blockPool = function blockPool() {
  if (process.env.UV_THREADPOOL_SIZE !== '1') throw new Error('Set UV_THREADPOOL_SIZE=1.');
  const folder = mkdtempSync(join(tmpdir(), 'mnn-face-pool-'));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  // Opening a pipe waits for the other end.
  open(fifo, 'r', (_, descriptor) => closeSync(descriptor));
  return () => {
    closeSync(openSync(fifo, 'w'));
    rmSync(folder, { recursive: true });
  };
};
