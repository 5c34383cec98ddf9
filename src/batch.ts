import { throwIfAborted } from './abort.js';

/** What the batch methods take: an array, a generator, a stream of objects. */
export type Many<T> = Iterable<T> | AsyncIterable<T>;

type Settled<R> = { ok: true; value: R } | { ok: false; error: unknown };

/**
 * Maps an (async) iterable with a bounded number of calls under way, and yields the results in the
 * order of the inputs. Inputs are drawn only as results are taken, so memory stays bounded however
 * long the input is. When a call fails, the error is thrown at its place in the order; calls still
 * under way are waited for, and the input is closed.
 *
 * @internal
 */
export async function* mapInOrder<T, R>(
  inputs: Many<T>,
  concurrency: number,
  work: (input: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R, void, void> {
  const iterator =
    Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const window: Promise<Settled<R>>[] = [];
  let index = 0;
  let ended = false;
  const start = (input: T): void => {
    const position = index++;
    window.push(
      work(input, position).then(
        (value): Settled<R> => ({ ok: true, value }),
        (error: unknown): Settled<R> => ({ ok: false, error }),
      ),
    );
  };
  try {
    while (true) {
      while (!ended && window.length < concurrency) {
        throwIfAborted(signal);
        const next = await iterator.next();
        if (next.done) ended = true;
        else start(next.value);
      }
      const settled = window.shift();
      if (settled === undefined) return;
      const outcome = await settled;
      if (!outcome.ok) throw outcome.error;
      yield outcome.value;
    }
  } finally {
    if (!ended) await iterator.return?.();
    await Promise.all(window);
  }
}
