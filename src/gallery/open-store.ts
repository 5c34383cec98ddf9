/** Which store keeps a gallery: by where it is. */
import { fileURLToPath } from 'node:url';
import { sqliteGalleryStore } from './sqlite-gallery-store.js';
import type { GalleryStore } from './store.js';
import type { VectorKind } from './vector-matrix.js';

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
    // HERE: the PostgreSQL store, loaded only where it is used, as pg is an optional package:
    //   const { postgresGalleryStore } = require('./postgres-gallery-store.js');
    //   return postgresGalleryStore({ url: text });
    throw new TypeError('A gallery in PostgreSQL is not built in yet.');
  }
  const file = location instanceof URL ? fileURLToPath(location) : text;
  return sqliteGalleryStore({ file, ...(vectors !== undefined && { vectors }) });
}
