/** A thread with a gallery's file, as its store sees it. */
import type { Worker } from 'node:worker_threads';
import { MnnFaceError, messageOf } from '../../errors.js';
import { startThread } from '../../threads.js';
import { closedError } from './errors.js';
import { dropGuard, guardExit } from './exit-guard.js';
import {
  type Answer,
  type ArgumentsOf,
  errorOf,
  type OperationName,
  type ResultOf,
  type ThreadData,
} from './messages.js';

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/**
 * Starts the thread at the first call, and again after it died. It keeps the process alive only
 * while a call is under way.
 *
 * @internal
 */
export class FileThread {
  readonly #data: Omit<ThreadData, 'guard'>;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #ended: Promise<void> | undefined;
  #calls = 0;
  #closed = false;

  constructor(data: Omit<ThreadData, 'guard'>) {
    this.#data = data;
  }

  /** Rejects with what the operation threw, or ERR_GALLERY when the thread died under it. */
  async call<N extends OperationName>(name: N, ...args: ArgumentsOf<N>): Promise<ResultOf<N>> {
    if (this.#closed) throw closedError();
    const worker = this.#started();
    const id = ++this.#calls;
    return await new Promise<ResultOf<N>>((resolve, reject) => {
      worker.postMessage({ id, name, args });
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
    });
  }

  /** Ends the thread after what it was asked before. Its file is closed when this resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#worker === undefined) return;
    this.#worker.ref();
    this.#worker.postMessage('close');
    await this.#ended;
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const data: ThreadData = { ...this.#data, guard: guardExit() };
    const worker = startThread('gallery/sqlite/thread', data);
    let reason: unknown;
    worker.on('message', (answer: Answer) => this.#settle(worker, answer));
    worker.on('error', (error) => {
      reason = error;
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#worker = undefined;
        dropGuard(data.guard);
        this.#died(reason);
        resolve();
      });
    });
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0 && !this.#closed) worker.unref();
    if (waiting === undefined) return;
    if ('error' in answer) waiting.reject(errorOf(answer.error));
    else waiting.resolve(answer.value as never);
  }

  #died(reason: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const { file, role } = this.#data;
    const why = reason === undefined ? 'it was ended from outside' : messageOf(reason);
    for (const { reject } of waiting) {
      reject(
        this.#closed
          ? closedError()
          : new MnnFaceError(
              'ERR_GALLERY',
              `The thread for ${role} the gallery ${file} ended during this call: ${why}. What was acknowledged before is kept. Call it again: a new thread is started, and what was done already is not done twice.`,
              { cause: reason },
            ),
      );
    }
  }
}
