/** Threads of the library's own, for JavaScript that would hold the caller's event loop. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MnnFaceError, messageOf } from './errors.js';
import { packageRoot } from './native.js';

/**
 * Starts a compiled file of this package, named from `dist/`, as a thread. It keeps no process alive
 * until it is told to (`ref()`).
 *
 * @internal
 * @throws MnnFaceError `ERR_INTERNAL` where the file is not there, as in a bundle.
 */
export function startThread(name: string, workerData: unknown): Worker {
  const file = join(packageRoot, 'dist', `${name}.js`);
  if (!existsSync(file)) {
    throw new MnnFaceError(
      'ERR_INTERNAL',
      `${file} is not there, which mnn-face runs as a thread. When your program is bundled, leave mnn-face out of the bundle ("external"); in a checkout run "npm run compile".`,
    );
  }
  try {
    // Not with the flags of this process: they may be about its own main file.
    const thread = new Worker(file, { workerData, execArgv: [], name: 'mnn-face' });
    thread.unref();
    return thread;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_INTERNAL',
      `A thread could not be started: ${messageOf(error)}. With Node's permission model, allow it (--allow-worker).`,
      { cause: error },
    );
  }
}
