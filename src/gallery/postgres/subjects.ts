import type { PoolClient } from 'pg';

/** @internal What both subjects have is kept once, as the entry of `to`. */
export async function renameSubject(
  client: PoolClient,
  schema: string,
  from: string,
  to: string,
): Promise<number> {
  if (from !== to) {
    const merged = await client.query(
      `DELETE FROM "${schema}".entries AS old USING "${schema}".entries AS kept
       WHERE old.subject = $1 AND kept.subject = $2 AND old.content_hash = kept.content_hash`,
      [from, to],
    );
    const moved = await client.query(
      `UPDATE "${schema}".entries SET subject = $2 WHERE subject = $1`,
      [from, to],
    );
    return (merged.rowCount ?? 0) + (moved.rowCount ?? 0);
  }
  const same = await client.query<{ count: number }>(
    `SELECT count(*) AS count FROM "${schema}".entries WHERE subject = $1`,
    [from],
  );
  return same.rows[0]?.count ?? 0;
}
