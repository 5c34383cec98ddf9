/** Loaded models, one session per model and input size, shared by all calls. */
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { fromNative, MnnFaceError } from '../errors.js';
import { type Cancellation, type NativeSession, native } from '../native.js';
import { ByteBudget } from './byte-budget.js';
import { findModel, type Model } from './manifest.js';
import { readModel } from './read-model.js';
import { checkRoom, runBytes } from './run-bytes.js';

export interface SessionsOptions {
  /** A folder of model files, looked into first. */
  models?: string | undefined;
  /** Runs of one model at a time; default: the available cores, at most 4. */
  lanes?: number | undefined;
  /** MNN's threads within one run; default 1. */
  threads?: number | undefined;
  precision?: 'normal' | 'high' | 'low' | undefined;
  /** Large sessions that nobody has used for so many milliseconds are closed; default 5,000. */
  idleMs?: number | undefined;
}

/** Runs that take more get a session of their own, which is closed after them. */
const LARGE_BYTES = 140_000_000;
/** What such runs may take together. */
const LARGE_TOGETHER = 256_000_000;
/** Other sessions kept at a time. */
const MOST_SESSIONS = 16;
/** What they may hold together, for each lane. */
const MOST_BYTES_A_LANE = 256_000_000;
/** Those that hold more than this for each lane go when nobody has used them for a while. */
const SMALL_BYTES = 16_000_000;
const IDLE_MS = 5000;

interface Entry {
  session: Promise<NativeSession>;
  users: number;
  /** Set when the entry left the cache; the last user closes it. */
  evicted: boolean;
  idle?: NodeJS.Timeout;
}

type Work<T> = (session: NativeSession, model: Model) => Promise<T>;

/**
 * What lanes of models of any size are made for, before they are resized: MNN chooses its algorithms
 * then, so that a result depends on it in the last digits, but not on which picture came first. A
 * multiple of 32, for YuNet.
 */
const FIRST_SIDE = 128;

function hasAnySize(model: Model): boolean {
  return model.input.shape.includes(-1);
}

export const DEFAULT_LANES = Math.min(4, availableParallelism());

/** What all calls have in common. */
class Shared {
  closed = false;
  readonly large = new ByteBudget(LARGE_TOGETHER);
  readonly entries = new LRUCache<string, Entry>({
    max: MOST_SESSIONS,
    maxSize: MOST_BYTES_A_LANE,
    dispose: (entry) => {
      clearTimeout(entry.idle);
      entry.evicted = true;
      if (entry.users === 0) void closeQuietly(entry);
    },
  });

  throwIfClosed(): void {
    if (this.closed) throw closedError();
  }

  /** Unless there is another one by now. */
  drop(key: string, entry: Entry): void {
    if (this.entries.peek(key) === entry) this.entries.delete(key);
  }
}

/** @internal */
export class Sessions {
  readonly lanes: number;
  readonly #options: SessionsOptions;
  readonly #shared: Shared;
  /** What stops the runs of one call. */
  readonly cancellation: Cancellation | undefined;

  constructor(options: SessionsOptions = {}, of?: Sessions, cancellation?: Cancellation) {
    this.#options = options;
    this.lanes = options.lanes ?? DEFAULT_LANES;
    this.cancellation = cancellation;
    this.#shared = of === undefined ? new Shared() : of.#shared;
  }

  /** The same sessions, whose runs stop when `cancellation` says so. */
  cancelledBy(cancellation: Cancellation | undefined): Sessions {
    return cancellation === undefined ? this : new Sessions(this.#options, this, cancellation);
  }

  /**
   * Calls `work` with the session of a model for an input size. The session stays open until the
   * work is done, whatever happens to the cache meanwhile.
   *
   * Work on a large input has a session of its own, which is closed after it, and waits while other
   * such work takes the room: so lanes that have once been large are not kept.
   *
   * @param which - A model, or the name of one of the manifest's.
   * @throws MnnFaceError `ERR_OUT_OF_MEMORY` for a large input that there is no room for, before
   * anything is allocated.
   */
  async use<T>(
    which: Model | string,
    width: number,
    height: number,
    work: (session: NativeSession, model: Model) => Promise<T>,
  ): Promise<T> {
    this.#shared.throwIfClosed();
    const model = typeof which === 'string' ? findModel(which) : which;
    const bytes = runBytes(model, width, height);
    const run: Work<T> = (session) => work(stoppable(session, this.cancellation), model);
    try {
      return await (bytes > LARGE_BYTES
        ? this.#shared.large.run(bytes, () => this.#runAlone(model, width, height, run))
        : this.#runShared(model, width, height, bytes, run));
    } catch (error) {
      throw fromNative(error, `Model "${model.name}"`);
    }
  }

  /** What the sessions that are kept may hold, for each lane. */
  get keptBytes(): number {
    return this.#shared.entries.calculatedSize;
  }

  /** Frees all sessions; running work finishes first, queued work is refused (ERR_CLOSED). */
  async close(): Promise<void> {
    const { entries, large } = this.#shared;
    this.#shared.closed = true;
    await Promise.all([...entries.values()].map(closeQuietly));
    entries.clear();
    // This takes all the room: when it is its turn, large runs are over.
    await large.run(LARGE_TOGETHER, async () => undefined);
  }

  async #runAlone<T>(model: Model, width: number, height: number, work: Work<T>): Promise<T> {
    this.#shared.throwIfClosed();
    checkRoom(model, width, height);
    const session = await this.#load(model, width, height, 1);
    try {
      return await work(session, model);
    } finally {
      await session.close();
    }
  }

  async #runShared<T>(
    model: Model,
    width: number,
    height: number,
    bytes: number,
    work: Work<T>,
  ): Promise<T> {
    const isSmall = bytes <= SMALL_BYTES;
    // A model of any size has a session for small inputs and one for others, whose lanes resize (and
    // never give back memory); the others have one per size.
    const key = hasAnySize(model)
      ? `${model.name} ${isSmall ? 'small' : 'medium'}`
      : `${model.name} ${width}x${height}`;
    const activations = hasAnySize(model) ? (isSmall ? SMALL_BYTES : LARGE_BYTES) : bytes;
    const size = Math.min(activations + 2 * model.bytes, MOST_BYTES_A_LANE);
    const entry = this.#entry(key, size, () => this.#load(model, width, height, this.lanes));
    entry.users++;
    clearTimeout(entry.idle);
    try {
      return await work(await entry.session, model);
    } finally {
      entry.users--;
      if (entry.users === 0) {
        if (entry.evicted) void closeQuietly(entry);
        else if (!isSmall) this.#closeWhenIdle(key, entry);
      }
    }
  }

  #closeWhenIdle(key: string, entry: Entry): void {
    const close = () => this.#shared.drop(key, entry);
    entry.idle = setTimeout(close, this.#options.idleMs ?? IDLE_MS).unref();
  }

  #entry(key: string, bytes: number, load: () => Promise<NativeSession>): Entry {
    const known = this.#shared.entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { session: load(), users: 0, evicted: false };
    this.#shared.entries.set(key, entry, { size: bytes });
    // A load that failed (a file that is put right later) must not be remembered.
    entry.session.catch(() => this.#shared.drop(key, entry));
    return entry;
  }

  async #load(model: Model, width: number, height: number, lanes: number): Promise<NativeSession> {
    const bytes = await readModel(model, this.#options.models);
    const [, , modelHeight, modelWidth] = model.input.shape;
    // The manifest's output shapes hold for its own input size only.
    const own = hasAnySize(model) || (modelHeight === height && modelWidth === width);
    const session = await native().Session.load(bytes, {
      lanes,
      threads: this.#options.threads ?? 1,
      precision: this.#options.precision ?? 'normal',
      kernels: model.kernels,
      input: model.input.name,
      inputShape: hasAnySize(model) ? [1, 3, FIRST_SIDE, FIRST_SIDE] : [1, 3, height, width],
      outputs: model.outputs.map((output) =>
        own ? { name: output.name, shape: output.shape } : { name: output.name },
      ),
    });
    if (this.#shared.closed) {
      await session.close();
      throw closedError();
    }
    return session;
  }
}

function stoppable(session: NativeSession, cancellation: Cancellation | undefined): NativeSession {
  if (cancellation === undefined) return session;
  return {
    run: (job) => session.run(job, cancellation),
    close: () => session.close(),
    outputShapes: () => session.outputShapes(),
    memory: () => session.memory(),
  };
}

function closedError(): MnnFaceError {
  return new MnnFaceError('ERR_CLOSED', 'This instance is closed. Make a new one.');
}

async function closeQuietly(entry: Entry): Promise<void> {
  try {
    await (await entry.session).close();
  } catch {
    // It never opened; whoever asked for it has been told.
  }
}
