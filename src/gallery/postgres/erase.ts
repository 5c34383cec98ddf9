/** Makes deleted entries unrecoverable, as far as SQL reaches. */
import { setTimeout } from 'node:timers/promises';
import { MnnFaceError } from '../../errors.js';
import type { PostgresConnection } from './connection.js';

const WAIT_MS = 10_000;
const POLL_MS = 100;

/** Transactions of this database that may still see what was deleted before this call. */
async function oldestReaders(connection: PostgresConnection, before: string): Promise<number> {
  return await connection.transaction(async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*) AS count FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_xmin IS NOT NULL AND age(backend_xmin) > age($1::xid)`,
      [before],
    );
    return rows[0]?.count ?? 0;
  });
}

/**
 * Writes the tables anew without what was deleted and gives the old files back to the file system.
 * Rows that an open transaction can still see would be copied: waits for those to end.
 *
 * @internal
 */
export async function eraseDeleted(connection: PostgresConnection, schema: string): Promise<void> {
  const before = await connection.transaction(async (client) => {
    const { rows } = await client.query<{ xid: string }>(
      'SELECT pg_current_xact_id()::xid::text AS xid',
    );
    return rows[0]?.xid ?? '0';
  });
  const until = Date.now() + WAIT_MS;
  while ((await oldestReaders(connection, before)) > 0) {
    if (Date.now() > until) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        'The entries are removed, but a transaction that began earlier can still see them, so that they cannot be erased yet. End it (see pg_stat_activity) and call forget again.',
      );
    }
    await setTimeout(POLL_MS);
  }
  await connection.statement(`VACUUM (FULL, ANALYZE) "${schema}".entries`);
}
