/** Talks to the Python side: one long-lived process, a line of JSON each way per call. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { toolDirectory } from './environment.mjs';

/** Far above any call; a hang must not be for ever. */
const CALL_TIMEOUT_MS = 5 * 60_000;
const KEPT_ERROR_CHARACTERS = 2_000;

const number = v.pipe(v.number(), v.finite());
const milliseconds = v.pipe(number, v.minValue(0));
const corners = v.tuple([number, number, number, number]);
const size = v.pipe(number, v.integer(), v.minValue(1));

/** What each method of worker.py gives. */
const RESULTS = {
  versions: v.object({
    python: v.string(),
    opencv: v.string(),
    mnn: v.string(),
    numpy: v.string(),
  }),
  probe: v.object({ runs: v.boolean(), reason: v.nullable(v.string()) }),
  detect: v.object({
    milliseconds,
    width: size,
    height: size,
    faces: v.array(v.object({ corners, score: number })),
  }),
  embed: v.object({
    milliseconds,
    corners,
    landmarks: v.pipe(v.array(v.tuple([number, number])), v.length(5)),
    embedding: v.pipe(v.array(number), v.minLength(1)),
  }),
  compare: v.object({ milliseconds, distance: number }),
};

const answerSchema = v.union([
  v.object({ id: v.number(), result: v.unknown() }),
  v.object({
    id: v.number(),
    error: v.object({ kind: v.picklist(['picture', 'no-face', 'network']), message: v.string() }),
  }),
]);

/** What the Python side says of a picture or a model. `kind`: picture, no-face or network. */
export class WorkerAnswerError extends Error {
  name = 'WorkerAnswerError';

  constructor({ kind, message }) {
    super(message);
    this.kind = kind;
  }
}

function environmentOfChild() {
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...rest } = process.env;
  return {
    ...rest,
    PYTHONNOUSERSITE: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
  };
}

export class ReferenceWorker {
  #child;
  #waiting = new Map();
  #lastId = 0;
  #errors = '';
  #exited;
  #failure;

  /**
   * @param python - From `ensureEnvironment()`.
   * @param models - Path of each model by its name.
   */
  constructor(python, models) {
    this.#child = spawn(python, [join(toolDirectory, 'worker.py'), JSON.stringify(models)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environmentOfChild(),
    });
    this.#exited = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#fail(`The Python worker ended (${signal ?? `exit ${code}`}).\n${this.#errors}`);
        resolve();
      });
    });
    this.#child.on('error', (error) => this.#fail(`The Python worker: ${error.message}`));
    // Writing to a worker that has just died; its end is reported by 'close'.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERROR_CHARACTERS);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
  }

  /**
   * Calls a method of worker.py.
   *
   * @throws WorkerAnswerError for what is wrong with the picture or the model; Error when the
   * worker is gone or answers what it should not.
   */
  async call(method, params = {}) {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const answer = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(`The Python worker did not answer "${method}" in ${CALL_TIMEOUT_MS / 1000} s.`);
        this.#child.kill('SIGKILL');
      }, CALL_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    });
    if ('error' in answer) throw new WorkerAnswerError(answer.error);
    return v.parse(RESULTS[method], answer.result);
  }

  /** Lets the process end by itself. */
  async close() {
    this.#child.stdin.end();
    await this.#exited;
  }

  #receive(line) {
    let answer;
    try {
      answer = v.parse(answerSchema, JSON.parse(line));
    } catch (error) {
      this.#fail(`The Python worker answered what it should not (${error.message}): ${line}`);
      this.#child.kill();
      return;
    }
    const call = this.#waiting.get(answer.id);
    if (call === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(call.timer);
    call.resolve(answer);
  }

  #fail(message) {
    this.#failure ??= new Error(message);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#failure);
    }
    this.#waiting.clear();
  }
}
