import type Database from 'better-sqlite3';

type AnyStatement = Database.Statement<unknown[], unknown>;

const kept = new WeakMap<Database.Database, Map<string, AnyStatement>>();

/**
 * A statement, prepared once for each connection.
 *
 * @internal
 */
export function statement<P extends unknown[] | object = [], R = unknown>(
  database: Database.Database,
  sql: string,
): P extends unknown[] ? Database.Statement<P, R> : Database.Statement<[P], R> {
  let statements = kept.get(database);
  if (statements === undefined) {
    statements = new Map();
    kept.set(database, statements);
  }
  let found = statements.get(sql);
  if (found === undefined) {
    found = database.prepare<unknown[], unknown>(sql);
    statements.set(sql, found);
  }
  return found as unknown as P extends unknown[]
    ? Database.Statement<P, R>
    : Database.Statement<[P], R>;
}

/** @internal The column `value` of the first row. */
export function firstValue(
  database: Database.Database,
  sql: string,
  ...parameters: (string | number | null)[]
): number | undefined {
  return statement<(string | number | null)[], { value: number }>(database, sql).get(...parameters)
    ?.value;
}
