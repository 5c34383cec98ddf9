/**
 * `Promise.all` that waits for every promise before it rejects with the first error: work that
 * reads a caller's memory must be over when the caller's promise settles.
 *
 * @internal
 */
export async function allSettled<const T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const outcomes = await Promise.allSettled(promises);
  const values = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  return values as { -readonly [K in keyof T]: Awaited<T[K]> };
}
