const lists = new WeakMap<object, ArrayBuffer[]>();

/**
 * The value, whose buffers go over to the other thread instead of being copied.
 *
 * @internal
 */
export function moved<T extends object>(value: T, buffers: readonly ArrayBufferLike[]): T {
  lists.set(value, buffers as ArrayBuffer[]);
  return value;
}

/** @internal What goes along with a value. */
export function transferListOf(value: unknown): ArrayBuffer[] {
  return typeof value === 'object' && value !== null ? (lists.get(value) ?? []) : [];
}
