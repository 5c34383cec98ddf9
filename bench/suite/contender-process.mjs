/** The coordinator's end of a contender: a pinned process, a line each way per call. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

/** Far above any call; a hang must not be for ever. */
const CALL_TIMEOUT_MS = 10 * 60_000;
const KEPT_ERROR_CHARACTERS = 2_000;

export class ContenderProcess {
  #child;
  #lines;
  #errors = '';
  #spawned = performance.now();

  /** The versions that the contender named. */
  versions = {};

  /**
   * Starts the process.
   *
   * @param command - Program and arguments.
   * @param cores - Numbers of the cores to pin it to; undefined: not pinned.
   */
  constructor([program, ...args], cores, env = {}) {
    const pinned = cores === undefined ? [] : ['taskset', '-c', cores.join(',')];
    const [first, ...rest] = [...pinned, program, ...args];
    this.#child = spawn(first, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on('error', () => {}); // its end is seen by the missing answer
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERROR_CHARACTERS);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #answer() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('gave no answer in time')), CALL_TIMEOUT_MS);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done) throw new Error(`ended: ${this.#errors.trim().split('\n').at(-1) ?? ''}`);
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until the process has loaded its code. */
  async ready() {
    const { versions } = await this.#answer();
    this.versions = versions ?? {};
    return this;
  }

  /** Runs a task; `milliseconds` holds each run's time, `check` what the last one gave. */
  async run(task, count) {
    this.#child.stdin.write(`${task} ${count}\n`);
    return await this.#answer();
  }

  /** Milliseconds since the process was started. */
  age() {
    return performance.now() - this.#spawned;
  }

  /** Resident memory now and at its highest, in bytes; undefined where /proc is not there. */
  memory() {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
      return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
    } catch {
      return undefined;
    }
  }

  /**
   * Milliseconds that its threads have been on a core: what other programs of the machine leave
   * alone. Undefined where the kernel does not tell.
   */
  cpuTime() {
    try {
      const threads = `/proc/${this.#child.pid}/task`;
      const nanoseconds = readdirSync(threads).map((thread) =>
        Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]),
      );
      return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
    } catch {
      return undefined;
    }
  }

  /** Ends it. */
  async close() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    this.#child.kill();
    await ended;
  }
}
