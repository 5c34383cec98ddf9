/** Which store keeps a gallery: by where it is. */
import { fileURLToPath } from 'node:url';
import { postgresGalleryStore } from './postgres/gallery-store.js';
import { sqliteGalleryStore } from './sqlite/gallery-store.js';
import type { VectorKind } from './sqlite/vector-matrix.js';
import type { GalleryStore } from './store.js';

const POSTGRES = /^postgres(ql)?:\/\//i;

/** @internal Whether the place is a database on a server, and not a file. */
export function isPostgres(location: string): boolean {
  return POSTGRES.test(location);
}

/**
 * @internal The store of a location: a file's path or `file:` URL, or a `postgres://` URL.
 */
export function storeAt(location: string | URL, vectors: VectorKind | undefined): GalleryStore {
  const text = String(location);
  if (isPostgres(text)) {
    return postgresGalleryStore({ connectionString: text });
  }
  const file = location instanceof URL ? fileURLToPath(location) : text;
  return sqliteGalleryStore({ file, ...(vectors !== undefined && { vectors }) });
}
