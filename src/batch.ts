import { abortable } from './abort.js';
import { typeError } from './arguments.js';

/** What the batch methods take: an array, a generator, a stream of objects. */
export type Many<T> = Iterable<T> | AsyncIterable<T>;

type Settled<R> = { ok: true; value: R } | { ok: false; error: unknown };

function settle<R>(promise: Promise<R>): Promise<Settled<R>> {
  return promise.then(
    (value): Settled<R> => ({ ok: true, value }),
    (error: unknown): Settled<R> => ({ ok: false, error }),
  );
}

/** @internal Throws a TypeError unless the value is a list of things (a string is none). */
export function checkMany(name: string, value: unknown): void {
  const iterable =
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
  if (!iterable) throw typeError(name, 'an iterable or async iterable', value);
}

function iteratorOf<T>(inputs: Many<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in inputs
    ? inputs[Symbol.asyncIterator]()
    : inputs[Symbol.iterator]();
}

/**
 * Maps an (async) iterable with a bounded number of calls under way, and yields the results in the
 * order of the inputs, each as soon as it is its turn. Inputs are drawn only as results are taken,
 * so memory stays bounded however long the input is. An error, of a call or of the input, is thrown
 * at its place in the order; calls still under way are waited for, after
 * `onEnd` was called, and the input is closed.
 *
 * @internal
 */
export async function* mapInOrder<T, R>(
  inputs: Many<T>,
  concurrency: number,
  work: (input: T, index: number) => Promise<R>,
  signal?: AbortSignal,
  onEnd?: () => void,
): AsyncGenerator<R, void, void> {
  const iterator = iteratorOf(inputs);
  const window: Promise<Settled<R>>[] = [];
  let drawing: Promise<Settled<IteratorResult<T>>> | undefined;
  let ended = false;
  let index = 0;
  try {
    while (!ended || window.length > 0) {
      if (!ended && window.length < concurrency) {
        drawing ??= settle((async () => await iterator.next())());
      }
      // A slow input must not hold back a result that is there, nor the other way round.
      const [oldest] = window;
      const first = await abortable(
        Promise.race([
          ...(drawing === undefined ? [] : [drawing.then((input) => ({ input }))]),
          ...(oldest === undefined ? [] : [oldest.then((result) => ({ result }))]),
        ]),
        signal,
      );
      if ('input' in first) {
        drawing = undefined;
        const { input } = first;
        if (!input.ok) window.push(Promise.resolve(input));
        else if (!input.value.done) window.push(settle(work(input.value.value, index++)));
        ended = !input.ok || input.value.done === true;
        continue;
      }
      window.shift();
      if (!first.result.ok) throw first.result.error;
      yield first.result.value;
    }
  } finally {
    onEnd?.();
    if (!ended) {
      const closing = settle((async () => await iterator.return?.())());
      // An input that is waiting for something closes when it has it, which may be never.
      if (drawing === undefined) await closing;
    }
    await Promise.all(window);
  }
}
