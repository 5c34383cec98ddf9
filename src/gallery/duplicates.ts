import type { Duplicate, DuplicateEntry } from './results.js';
import type { GalleryStore } from './store.js';

const FIRST_LIMIT = 8;

/**
 * Each entry against the nearest entry of each other subject: a search per entry.
 *
 * @internal
 */
export async function findDuplicates(
  store: GalleryStore,
  threshold: number,
  signal: AbortSignal | undefined,
): Promise<Duplicate[]> {
  const found = new Map<string, Duplicate>();
  const contents = new Map<string, DuplicateEntry[]>();
  const keep = (a: DuplicateEntry, b: DuplicateEntry, distance: number, sameContent: boolean) => {
    const [first, second] = a.entry < b.entry ? [a, b] : [b, a];
    const key = `${first.entry} ${second.entry}`;
    const known = found.get(key);
    if (known === undefined || sameContent) {
      found.set(key, { a: first, b: second, distance: known?.distance ?? distance, sameContent });
    }
  };
  for await (const { subject, id, source, contentHash, embedding } of store.entries()) {
    const own = { subject, entry: id, source };
    for (let limit = FIRST_LIMIT; ; limit *= 4) {
      const near = await store.search(embedding, { limit, ...(signal && { signal }) });
      const last = near.at(-1);
      // All that are near enough are there, unless the list ends with one that is.
      if (near.length === limit && last !== undefined && last.distance <= threshold) continue;
      for (const { distance, ...other } of near) {
        if (distance > threshold || other.subject === subject) continue;
        keep(
          own,
          { subject: other.subject, entry: other.entry, source: other.source },
          distance,
          false,
        );
      }
      break;
    }
    const same = contents.get(contentHash) ?? [];
    for (const other of same) if (other.subject !== subject) keep(own, other, 0, true);
    contents.set(contentHash, [...same, own]);
  }
  return [...found.values()].sort((x, y) => x.distance - y.distance || x.a.entry - y.a.entry);
}
