/** The nearest subjects, by pgvector. */
import type { PoolClient } from 'pg';
import type { Neighbour } from '../store.js';
import { neighbourOf, vectorText } from './rows.js';
import { comparisonOf } from './schema.js';

/** Candidates that HNSW keeps while it searches: more find better and take longer. */
const LEAST_EF = 100;
const MOST_EF = 1000;
const FIRST_WINDOW = 64;
/** Beyond it the index is no faster than to look at every entry. */
const LAST_WINDOW = 4096;

const COLUMNS = 'id, subject, source, metadata, embedding <=> $1::vector AS distance';

/** @internal How the transaction of a search begins. */
export function beginSearch(limit: number): string {
  const ef = Math.min(MOST_EF, Math.max(LEAST_EF, 4 * limit));
  // Iterative: the index gives more than `ef` where that is asked for, in strict order.
  return `BEGIN READ ONLY; SET LOCAL hnsw.ef_search = ${ef}; SET LOCAL hnsw.iterative_scan = strict_order;
    SET LOCAL hnsw.max_scan_tuples = 2147483647; SET LOCAL hnsw.scan_mem_multiplier = 8; SET LOCAL jit = off`;
}

function byDistance(a: Neighbour, b: Neighbour): number {
  return a.distance - b.distance || a.entry - b.entry;
}

/** The nearest entry of each subject among entries. */
function nearestOfEach(entries: Neighbour[]): Neighbour[] {
  const nearest = new Map<string, Neighbour>();
  for (const entry of entries.sort(byDistance)) {
    if (!nearest.has(entry.subject)) nearest.set(entry.subject, entry);
  }
  return [...nearest.values()];
}

/**
 * The nearest subjects through the index: of a growing number of nearest entries, until they are of
 * enough subjects. Where the index does not give enough, every entry is looked at.
 *
 * @internal
 */
export async function searchSubjects(
  client: PoolClient,
  schema: string,
  probe: Float32Array,
  limit: number,
): Promise<Neighbour[]> {
  const { column, type } = comparisonOf(probe.length);
  const text = vectorText(probe);
  for (let window = Math.max(FIRST_WINDOW, limit); window <= LAST_WINDOW; window *= 4) {
    const { rows } = await client.query(
      `SELECT ${COLUMNS} FROM "${schema}".entries ORDER BY ${column} <=> $1::${type} LIMIT $2`,
      [text, window],
    );
    const found = nearestOfEach(rows.map(neighbourOf));
    if (found.length >= limit) return found.slice(0, limit);
    if (rows.length < window) break;
  }
  const { rows } = await client.query(
    `SELECT * FROM (
       SELECT DISTINCT ON (subject) ${COLUMNS} FROM "${schema}".entries
       ORDER BY subject, embedding <=> $1::vector, id
     ) AS nearest ORDER BY distance, id LIMIT $2`,
    [text, limit],
  );
  return rows.map(neighbourOf);
}

/** @internal The nearest entry of one subject. */
export async function searchSubject(
  client: PoolClient,
  schema: string,
  subject: string,
  probe: Float32Array,
): Promise<Neighbour | undefined> {
  // The sum keeps the index of the embeddings out: it would look at other subjects' entries first.
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM "${schema}".entries WHERE subject = $2
     ORDER BY (embedding <=> $1::vector) + 0, id LIMIT 1`,
    [vectorText(probe), subject],
  );
  return rows[0] === undefined ? undefined : neighbourOf(rows[0]);
}
