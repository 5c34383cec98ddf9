/** Which store keeps a gallery: by where it is. */
import { fileURLToPath } from 'node:url';
import { rangeError, typeError } from '../arguments.js';
import { messageOf } from '../errors.js';
import { postgresGalleryStore } from './postgres/gallery-store.js';
import { sqliteGalleryStore } from './sqlite/gallery-store.js';
import type { VectorKind } from './sqlite/vector-matrix.js';
import type { GalleryStore } from './store.js';

const POSTGRES = /^postgres(ql)?:\/\//i;
const OTHER_ADDRESS = /^(postgres(ql)?:|[a-z][a-z0-9+.-]*:\/\/)/i;

/** @internal Whether the place is a database on a server, and not a file. */
export function isPostgres(location: string): boolean {
  return POSTGRES.test(location);
}

/** The scheme alone: addresses may hold a password. */
function schemeOf(address: string): string {
  return `${address.slice(0, address.indexOf(':'))}:…`;
}

function fileOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (error) {
    throw rangeError('file', `a file: URL of this computer (${messageOf(error)})`, address);
  }
}

/**
 * The store of a location: a file's path or `file:` URL, or a `postgres://` URL.
 *
 * @internal
 * @throws TypeError or RangeError for anything else.
 */
export function storeAt(location: unknown, vectors: VectorKind | undefined): GalleryStore {
  // Not by instanceof: the URL may be of another realm.
  const isUrl = typeof location === 'object' && location !== null && 'href' in location;
  const text = isUrl ? location.href : location;
  if (typeof text !== 'string') {
    throw typeError('file', "a file's path, a URL, or a postgres:// address", location);
  }
  if (isPostgres(text)) return postgresGalleryStore({ connectionString: text });
  if (/^file:/i.test(text)) return storeAt(fileOf(text), vectors);
  if (isUrl || OTHER_ADDRESS.test(text)) {
    throw rangeError('file', "a file's path, or postgres://user@host/database", schemeOf(text));
  }
  return sqliteGalleryStore({ file: text, ...(vectors !== undefined && { vectors }) });
}
