/** What changes a gallery in PostgreSQL; each is to be called in a transaction of its own. */
import type { PoolClient } from 'pg';
import { MnnFaceError } from '../../errors.js';
import type { AddedEntry, GalleryMake, NewEntry } from '../store.js';
import { columnsOf, vectorText } from './rows.js';
import { createIndex } from './schema.js';

/** Rows in one statement. */
const BATCH = 500;

const keyOf = (subject: string, contentHash: string): string =>
  JSON.stringify([subject, contentHash]);

interface KeyRow {
  id: number;
  subject: string;
  content_hash: string;
}

async function addBatch(
  client: PoolClient,
  schema: string,
  entries: readonly NewEntry[],
  keepsCrops: boolean,
): Promise<AddedEntry[]> {
  const columns = columnsOf(entries, keepsCrops);
  const inserted = await client.query<KeyRow>(
    `INSERT INTO "${schema}".entries (subject, content_hash, embedding, source, metadata, crop, enrolled_at)
     SELECT subject, content_hash, embedding::vector, source, metadata::json, crop,
       coalesce(enrolled_at, clock_timestamp())
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[],
         $7::timestamptz[])
       WITH ORDINALITY
       AS new (subject, content_hash, embedding, source, metadata, crop, enrolled_at, place)
     ORDER BY place
     ON CONFLICT (subject, content_hash) DO NOTHING
     RETURNING id, subject, content_hash`,
    columns,
  );
  const added = new Set<number>();
  const ids = new Map<string, number>();
  for (const { id, subject, content_hash } of inserted.rows) {
    added.add(id);
    ids.set(keyOf(subject, content_hash), id);
  }
  if (inserted.rows.length < entries.length) {
    const kept = await client.query<KeyRow>(
      `SELECT id, subject, content_hash FROM "${schema}".entries
       JOIN unnest($1::text[], $2::text[]) AS new (subject, content_hash) USING (subject, content_hash)`,
      columns.slice(0, 2),
    );
    for (const { id, subject, content_hash } of kept.rows) {
      ids.set(keyOf(subject, content_hash), id);
    }
  }
  return entries.map(({ subject, contentHash }) => {
    const id = ids.get(keyOf(subject, contentHash));
    if (id === undefined) {
      throw new MnnFaceError(
        'ERR_INTERNAL',
        `An entry of ${subject} was not found after adding it.`,
      );
    }
    // What comes twice in one call was added once.
    return { id, added: added.delete(id) };
  });
}

/** @internal */
export async function addEntries(
  client: PoolClient,
  schema: string,
  entries: readonly NewEntry[],
  keepsCrops: boolean,
): Promise<AddedEntry[]> {
  const outcomes: AddedEntry[] = [];
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    outcomes.push(...(await addBatch(client, schema, batch, keepsCrops)));
  }
  return outcomes;
}

async function stage(
  client: PoolClient,
  batch: readonly { id: number; embedding: Float32Array }[],
): Promise<void> {
  await client.query(
    `INSERT INTO pg_temp.new_embeddings
     SELECT id, embedding::vector FROM unnest($1::bigint[], $2::text[]) AS new (id, embedding)
     ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding`,
    [batch.map(({ id }) => id), batch.map(({ embedding }) => vectorText(embedding))],
  );
}

/**
 * Takes all new vectors into a table of its own, so that others search until the last moment; then
 * exchanges them. Refuses unless every entry has one.
 *
 * @internal
 */
export async function exchangeEmbeddings(
  client: PoolClient,
  schema: string,
  make: GalleryMake,
  vectors: AsyncIterable<{ id: number; embedding: Float32Array }>,
): Promise<number> {
  await client.query(
    'CREATE TEMPORARY TABLE new_embeddings (id bigint PRIMARY KEY, embedding vector NOT NULL) ON COMMIT DROP',
  );
  let batch: { id: number; embedding: Float32Array }[] = [];
  for await (const vector of vectors) {
    if (vector.embedding.length !== make.dimension) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        `The new vector of entry ${vector.id} has ${vector.embedding.length} values instead of ${make.dimension}. Nothing was changed.`,
      );
    }
    batch.push(vector);
    if (batch.length < BATCH) continue;
    await stage(client, batch);
    batch = [];
  }
  if (batch.length > 0) await stage(client, batch);
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*) AS count FROM "${schema}".entries
     WHERE NOT EXISTS (SELECT 1 FROM pg_temp.new_embeddings AS new WHERE new.id = entries.id)`,
  );
  const without = rows[0]?.count ?? 0;
  if (without > 0) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `${without} entries have no new vector. Give one for every entry, or remove those first. Nothing was changed.`,
    );
  }
  await client.query(`DROP INDEX IF EXISTS "${schema}".entries_embedding`);
  await client.query(
    `ALTER TABLE "${schema}".entries DROP COLUMN embedding, ADD COLUMN embedding vector(${make.dimension})`,
  );
  const changed = await client.query(
    `UPDATE "${schema}".entries SET embedding = new.embedding
     FROM pg_temp.new_embeddings AS new WHERE new.id = entries.id`,
  );
  await client.query(`ALTER TABLE "${schema}".entries ALTER COLUMN embedding SET NOT NULL`);
  await createIndex(client, schema, make.dimension);
  await client.query(`UPDATE "${schema}".make SET model = $1, fingerprint = $2, dimension = $3`, [
    make.model,
    make.fingerprint,
    make.dimension,
  ]);
  return changed.rowCount ?? 0;
}
