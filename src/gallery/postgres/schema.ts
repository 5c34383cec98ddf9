/** The tables of a gallery in PostgreSQL, made and changed by numbered migrations. */
import type { PoolClient } from 'pg';
import * as v from 'valibot';
import { codeOf, MnnFaceError } from '../../errors.js';
import type { GalleryMake } from '../store.js';
import { NAMELESS, normalName } from '../subject.js';
import { renameSubject } from './subjects.js';

/** Our advisory locks: "mnfc". */
const LOCKS = 0x6d6e6663;
/** `hnsw.iterative_scan` came with it. */
const LEAST_PGVECTOR = [0, 8];
/** The most values that an HNSW index takes as floats, and as half floats. */
const MOST_INDEXED = 2000;
const MOST_HALF_INDEXED = 4000;
/** The most that the type `vector` takes. */
export const MOST_DIMENSION = 16_000;

/** @internal How entries are compared: by which expression, and with which index. */
export interface Comparison {
  /** The indexed expression of an entry. */
  column: string;
  /** The type that a probe is cast to for it. */
  type: string;
  operators: string | undefined;
}

/** @internal Beyond what HNSW takes, entries are ranked by half floats, or scanned. */
export function comparisonOf(dimension: number): Comparison {
  if (dimension > MOST_HALF_INDEXED) {
    return { column: 'embedding', type: 'vector', operators: undefined };
  }
  if (dimension <= MOST_INDEXED) {
    return { column: 'embedding', type: 'vector', operators: 'vector_cosine_ops' };
  }
  const type = `halfvec(${dimension})`;
  return { column: `(embedding::${type})`, type, operators: 'halfvec_cosine_ops' };
}

/** @internal The index of the embeddings; 16 links and a search of 128 to place each entry. */
export async function createIndex(
  client: PoolClient,
  schema: string,
  dimension: number,
): Promise<void> {
  const { column, operators } = comparisonOf(dimension);
  if (operators === undefined) return;
  await client.query(
    `CREATE INDEX entries_embedding ON "${schema}".entries
       USING hnsw (${column} ${operators}) WITH (m = 16, ef_construction = 128)`,
  );
}

type Migration = (client: PoolClient, schema: string, dimension: number) => Promise<void>;

/** In order; what was released is never changed, only added to. */
const MIGRATIONS: readonly Migration[] = [
  async (client, schema, dimension) => {
    await client.query(`
      CREATE TABLE "${schema}".make (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        model text NOT NULL,
        fingerprint text NOT NULL,
        dimension integer NOT NULL,
        keeps_crops boolean NOT NULL
      );
      CREATE TABLE "${schema}".entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subject text NOT NULL,
        content_hash text NOT NULL,
        embedding vector(${dimension}) NOT NULL,
        source text,
        metadata json,
        crop bytea,
        enrolled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (subject, content_hash)
      );`);
    await createIndex(client, schema, dimension);
  },
  async (client, schema) => {
    // Names of one person become one name: see `normalName()`.
    const { rows } = await client.query<{ subject: string }>(
      `SELECT DISTINCT subject FROM "${schema}".entries`,
    );
    for (const { subject } of rows) {
      const normal = normalName(subject) || NAMELESS;
      if (normal !== subject) await renameSubject(client, schema, subject, normal);
    }
  },
];

/** @internal Writers come one after another, so that ids become visible in their order. */
export async function lockForWriting(client: PoolClient, schema: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1::int, hashtext($2))', [LOCKS, schema]);
}

async function exists(
  client: PoolClient,
  sql: 'to_regclass' | 'to_regnamespace',
  name: string,
): Promise<boolean> {
  const { rows } = await client.query<{ found: unknown }>(
    `SELECT ${sql}($1) IS NOT NULL AS found`,
    [name],
  );
  return rows[0]?.found === true;
}

async function requireVector(client: PoolClient): Promise<void> {
  const version = async () => {
    const { rows } = await client.query<{ extversion: unknown }>(
      "SELECT extversion FROM pg_extension WHERE extname = 'vector'",
    );
    return rows[0] === undefined ? undefined : String(rows[0].extversion);
  };
  if ((await version()) === undefined) {
    try {
      await client.query('CREATE EXTENSION IF NOT EXISTS vector');
    } catch (error) {
      if (codeOf(error) !== '0A000' && codeOf(error) !== '58P01') throw error;
      throw new MnnFaceError(
        'ERR_GALLERY',
        'The PostgreSQL server lacks the extension pgvector. Install it there (Debian: the package postgresql-17-pgvector, by the version of the server) and open the gallery again.',
        { cause: error },
      );
    }
  }
  const found = (await version()) ?? '0';
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_PGVECTOR;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `The gallery needs pgvector ${LEAST_PGVECTOR.join('.')} or newer, but the database has ${found}. Install a newer one and run "ALTER EXTENSION vector UPDATE".`,
    );
  }
}

/** @internal Whether the schema holds a gallery. */
export async function hasTables(client: PoolClient, schema: string): Promise<boolean> {
  return await exists(client, 'to_regclass', `${schema}.make`);
}

/** @internal Brings the tables to the present version; several processes may do it at once. */
export async function migrate(
  client: PoolClient,
  schema: string,
  dimension: number,
): Promise<void> {
  // One lock for the database: extensions and schemas are made in it, not in a schema.
  await client.query('SELECT pg_advisory_xact_lock($1::int, 0)', [LOCKS]);
  await requireVector(client);
  if (!(await exists(client, 'to_regnamespace', schema))) {
    await client.query(`CREATE SCHEMA "${schema}"`);
  }
  if (!(await exists(client, 'to_regclass', `${schema}.migrations`))) {
    await client.query(
      `CREATE TABLE "${schema}".migrations (
         version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
  }
  const { rows } = await client.query<{ version: unknown }>(
    `SELECT coalesce(max(version), 0) AS version FROM "${schema}".migrations`,
  );
  const version = Number(rows[0]?.version ?? 0);
  if (version > MIGRATIONS.length) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `The gallery in the schema ${schema} has version ${version}; this mnn-face knows ${MIGRATIONS.length}. Update mnn-face.`,
    );
  }
  for (const [i, migration] of MIGRATIONS.entries()) {
    if (i < version) continue;
    await migration(client, schema, dimension);
    await client.query(`INSERT INTO "${schema}".migrations (version) VALUES ($1)`, [i + 1]);
  }
}

const MakeRow = v.object({
  model: v.string(),
  fingerprint: v.string(),
  dimension: v.number(),
  keeps_crops: v.boolean(),
});

/** @internal What the gallery says that it was made with. */
export interface KeptMake extends GalleryMake {
  keepsCrops: boolean;
}

/** @internal Undefined where there is no gallery yet. */
export async function readMake(client: PoolClient, schema: string): Promise<KeptMake | undefined> {
  const { rows } = await client.query(
    `SELECT model, fingerprint, dimension, keeps_crops FROM "${schema}".make`,
  );
  if (rows[0] === undefined) return undefined;
  const { keeps_crops: keepsCrops, ...make } = v.parse(MakeRow, rows[0]);
  return { ...make, keepsCrops };
}
