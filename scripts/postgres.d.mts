export interface PostgresOptions {
  /** Settings of postgresql.conf. */
  settings?: Record<string, string>;
}
/** Starts a server on a temporary folder. */
export function startPostgres(
  options?: PostgresOptions,
): Promise<{ uri: string; stop: () => Promise<void> }>;
/** Does the work with a server's URI. */
export function withPostgres<T>(
  work: (uri: string) => Promise<T>,
  options?: PostgresOptions,
): Promise<T>;
