import type Database from 'better-sqlite3';
import { MnnFaceError, type MnnFaceErrorCode, messageOf } from './errors.js';

/**
 * better-sqlite3, an optional package. Throws an error of that code where it is not installed or not
 * built; `what` needs it.
 *
 * @internal
 */
export function loadSqliteDriver(code: MnnFaceErrorCode, what: string): typeof Database {
  try {
    const Driver = require('better-sqlite3') as typeof Database;
    // It looks for its own addon only when a database is opened.
    new Driver(':memory:').close();
    return Driver;
  } catch (error) {
    throw new MnnFaceError(
      code,
      `${what} needs the package better-sqlite3, which is not installed or not built (${messageOf(error).split('\n')[0]}). Run "npm install better-sqlite3", or "npm rebuild better-sqlite3".`,
      { cause: error },
    );
  }
}
