/** Which store keeps a gallery: by where it is. */
import { fileURLToPath } from 'node:url';
import { rangeError, typeError } from '../arguments.js';
import { messageOf } from '../errors.js';
import { postgresGalleryStore } from './postgres/gallery-store.js';
import { sqliteGalleryStore } from './sqlite/gallery-store.js';
import { locateFile } from './sqlite/location.js';
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

/** Where a gallery is: the address of a database, or the absolute path of a file. */
type Place = { connectionString: string } | { file: string };

/**
 * Where a gallery is.
 *
 * @internal
 * @throws TypeError or RangeError for what is neither a file's path or URL nor a database's address.
 */
export function placeOf(location: unknown): Place {
  // Not by instanceof: the URL may be of another realm.
  const isUrl = typeof location === 'object' && location !== null && 'href' in location;
  const text = isUrl ? location.href : location;
  if (typeof text !== 'string') {
    throw typeError('file', "a file's path, a URL, or a postgres:// address", location);
  }
  if (isPostgres(text)) return { connectionString: text };
  if (/^file:/i.test(text)) return { file: locateFile(fileOf(text)) };
  if (isUrl || OTHER_ADDRESS.test(text)) {
    throw rangeError('file', "a file's path, or postgres://user@host/database", schemeOf(text));
  }
  return { file: locateFile(text) };
}

/**
 * The store of a location.
 *
 * @internal
 * @throws As `placeOf()`.
 */
export function storeAt(location: unknown, vectors: VectorKind | undefined): GalleryStore {
  const place = placeOf(location);
  if ('connectionString' in place) return postgresGalleryStore(place);
  return sqliteGalleryStore({ ...place, ...(vectors !== undefined && { vectors }) });
}
