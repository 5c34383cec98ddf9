/** Loaded models, one session per model and input size, shared by all calls. */
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { fromNative, MnnFaceError } from '../errors.js';
import { type Cancellation, type NativeSession, native } from '../native.js';
import { findModel, type Model } from './manifest.js';
import { readModel } from './read-model.js';

export interface SessionsOptions {
  /** A folder of model files, looked into first. */
  models?: string | undefined;
  /** Runs of one model at a time; default: the available cores, at most 4. */
  lanes?: number | undefined;
  /** MNN's threads within one run; default 1. */
  threads?: number | undefined;
  precision?: 'normal' | 'high' | 'low' | undefined;
}

/** Sizes of one process' sessions kept at a time; a session holds some 7 MB a lane. */
const MOST_SESSIONS = 16;

interface Entry {
  session: Promise<NativeSession>;
  users: number;
  /** Set when the entry left the cache; the last user closes it. */
  evicted: boolean;
}

function hasAnySize(model: Model): boolean {
  return model.input.shape.includes(-1);
}

export const DEFAULT_LANES = Math.min(4, availableParallelism());

/** @internal */
export class Sessions {
  readonly lanes: number;
  readonly #options: SessionsOptions;
  readonly #entries: LRUCache<string, Entry>;
  readonly #state: { closed: boolean };
  /** What stops the runs of one call. */
  readonly cancellation: Cancellation | undefined;

  constructor(options: SessionsOptions = {}, of?: Sessions, cancellation?: Cancellation) {
    this.#options = options;
    this.lanes = options.lanes ?? DEFAULT_LANES;
    this.cancellation = cancellation;
    this.#state = of === undefined ? { closed: false } : of.#state;
    this.#entries = of === undefined ? Sessions.#cache() : of.#entries;
  }

  static #cache(): LRUCache<string, Entry> {
    return new LRUCache<string, Entry>({
      max: MOST_SESSIONS,
      dispose: (entry) => {
        entry.evicted = true;
        if (entry.users === 0) void closeQuietly(entry);
      },
    });
  }

  /** The same sessions, whose runs stop when `cancellation` says so. */
  cancelledBy(cancellation: Cancellation | undefined): Sessions {
    return cancellation === undefined ? this : new Sessions(this.#options, this, cancellation);
  }

  /**
   * Calls `work` with the session of a model for an input size. The session stays open until the
   * work is done, whatever happens to the cache meanwhile.
   *
   * @param which - A model, or the name of one of the manifest's.
   */
  async use<T>(
    which: Model | string,
    width: number,
    height: number,
    work: (session: NativeSession, model: Model) => Promise<T>,
  ): Promise<T> {
    if (this.#state.closed) throw closedError();
    const model = typeof which === 'string' ? findModel(which) : which;
    const entry = this.#entry(model, width, height);
    entry.users++;
    try {
      const session = await entry.session;
      return await work(stoppable(session, this.cancellation), model);
    } catch (error) {
      throw fromNative(error, `Model "${model.name}"`);
    } finally {
      entry.users--;
      if (entry.evicted && entry.users === 0) void closeQuietly(entry);
    }
  }

  /** Frees all sessions; running work finishes first, queued work is refused (ERR_CLOSED). */
  async close(): Promise<void> {
    this.#state.closed = true;
    const entries = [...this.#entries.values()];
    await Promise.all(entries.map(closeQuietly));
    this.#entries.clear();
  }

  #entry(model: Model, width: number, height: number): Entry {
    // A model of any size has one session, whose lanes resize; the others one per size.
    const key = hasAnySize(model) ? model.name : `${model.name} ${width}x${height}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { session: this.#load(model, width, height), users: 0, evicted: false };
      this.#entries.set(key, entry);
      // A load that failed (a file that is put right later) must not be remembered.
      entry.session.catch(() => this.#entries.delete(key));
    }
    return entry;
  }

  async #load(model: Model, width: number, height: number): Promise<NativeSession> {
    const bytes = await readModel(model, this.#options.models);
    const [, , modelHeight, modelWidth] = model.input.shape;
    // The manifest's output shapes hold for its own input size only.
    const own = hasAnySize(model) || (modelHeight === height && modelWidth === width);
    const session = await native().Session.load(bytes, {
      lanes: this.lanes,
      threads: this.#options.threads ?? 1,
      precision: this.#options.precision ?? 'normal',
      kernels: model.kernels,
      input: model.input.name,
      inputShape: [1, 3, height, width],
      outputs: model.outputs.map((output) =>
        own ? { name: output.name, shape: output.shape } : { name: output.name },
      ),
    });
    if (this.#state.closed) {
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
