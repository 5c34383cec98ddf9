/** Connections to PostgreSQL: pooled, transactions repeated when a connection is lost. */
import pRetry from 'p-retry';
import type { Pool, PoolClient } from 'pg';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';

/** @internal Repeats at 0.1, 0.2, 0.4, 0.8 and 1.6 seconds: a restarted server is back by then. */
export const RETRY = { retries: 5, minTimeout: 100, factor: 2 };
const CONNECT_TIMEOUT_MS = 10_000;
const INT8 = 20;

/** SQLSTATEs after which the same transaction may succeed: the server went, or was not ready. */
const PASSING_STATES: readonly string[] = ['57P01', '57P02', '57P03', '40001', '40P01', '53300'];
const LOST_CODES: readonly string[] = [
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
];
/** What `pg` throws without a code when a connection has gone. */
const LOST_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && LOST_MESSAGES.test(error.message);
  return LOST_CODES.includes(code) || code.startsWith('08') || code.startsWith('57P');
}

/** @internal Whether the same may succeed a little later. */
export function mayPass(error: unknown): boolean {
  return isLost(error) || PASSING_STATES.includes(codeOf(error) ?? '');
}

/** @internal What PostgreSQL said, as an error of this package. */
export function galleryError(error: unknown): MnnFaceError {
  if (error instanceof MnnFaceError) return error;
  const wayOut = isLost(error)
    ? ' Check that the server runs and that the connection string is right.'
    : codeOf(error) === '42501'
      ? ' Give the role that right, or let the owner of the database open the gallery once.'
      : '';
  return new MnnFaceError(
    'ERR_GALLERY',
    `PostgreSQL refused or failed: ${messageOf(error) || codeOf(error)}.${wayOut}`,
    { cause: error },
  );
}

function loadDriver(): typeof import('pg') {
  try {
    return require('pg') as typeof import('pg');
  } catch (error) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `A gallery in PostgreSQL needs the package pg, which is not installed: run "npm install pg". (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/** @internal How a transaction begins and when it may be repeated. */
export interface TransactionOptions {
  begin?: string;
  /**
   * `'always'` for what may be done twice; `'before-commit'` for what counts what it changed;
   * `'never'` for what draws its input from a stream. Default `'always'`.
   */
  repeat?: 'always' | 'before-commit' | 'never';
}

/** @internal */
export class PostgresConnection {
  readonly #pool: Pool;
  #closing: Promise<void> | undefined;

  constructor(connectionString: string, poolSize: number) {
    const { Pool: PgPool, types } = loadDriver();
    try {
      this.#pool = new PgPool({
        connectionString,
        max: poolSize,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        // A program that never closes the gallery ends nevertheless.
        allowExitOnIdle: true,
        application_name: 'mnn-face',
        types: {
          getTypeParser: (oid: number, format?: 'text' | 'binary') =>
            oid === INT8 ? Number : types.getTypeParser(oid, format === 'binary' ? format : 'text'),
        },
      });
    } catch (error) {
      throw new MnnFaceError(
        'ERR_GALLERY',
        'The connection string cannot be read. Write it as postgres://user:password@host:5432/database.',
        { cause: error },
      );
    }
    // A lost connection is noticed by the next query. Without listeners it would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** All of the work or nothing of it. */
  async transaction<T>(
    work: (client: PoolClient) => Promise<T>,
    { begin = 'BEGIN', repeat = 'always' }: TransactionOptions = {},
  ): Promise<T> {
    return await this.#retrying(repeat !== 'never', async (client, giveUp) => {
      await client.query(begin);
      const result = await work(client);
      if (repeat === 'before-commit') giveUp();
      await client.query('COMMIT');
      return result;
    });
  }

  /** One statement that must not be in a transaction and may be repeated. */
  async statement(text: string): Promise<void> {
    await this.#retrying(true, (client) => client.query(text));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    await this.#closing;
  }

  async #retrying<T>(
    mayRepeat: boolean,
    work: (client: PoolClient, giveUp: () => void) => Promise<T>,
  ): Promise<T> {
    return await pRetry(async () => {
      let repeats = mayRepeat;
      try {
        return await this.#withClient((client) =>
          work(client, () => {
            repeats = false;
          }),
        );
      } catch (error) {
        if (repeats && mayPass(error)) throw galleryError(error);
        throw new pRetry.AbortError(
          mayRepeat && !repeats && isLost(error)
            ? new MnnFaceError(
                'ERR_GALLERY',
                'The connection to PostgreSQL was lost while a change was committed, so that it may have been made or not. Call it again: what was done already is not done twice.',
                { cause: error },
              )
            : galleryError(error),
        );
      }
    }, RETRY);
  }

  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new MnnFaceError('ERR_CLOSED', 'The gallery is closed. Open a new one.');
    }
    const client = await this.#pool.connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isLost(error);
      if (!broken) {
        await client.query('ROLLBACK').catch(() => {
          broken = true;
        });
      }
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
