/** Where a gallery in PostgreSQL is: a connection string and a schema. */
import { checkString, rangeError } from '../../arguments.js';

const DEFAULT_SCHEMA = 'mnn_face';

/** @internal */
export interface PostgresLocation {
  connectionString: string;
  schema: string;
}

/** A schema's name that needs no thought about quoting. */
function checkSchemaName(value: unknown): string {
  const name = checkString('schema', value);
  if (/^(?!pg_)[a-z_][a-z0-9_]{0,47}$/.test(name)) return name;
  throw rangeError('schema', 'a name of at most 48 small letters, digits and underscores', name);
}

/** @internal Takes `?schema=NAME` out of a connection string, where it is no option of the server. */
export function locatePostgres(connectionString: unknown, schema?: unknown): PostgresLocation {
  const location = checkString('connectionString', connectionString);
  if (!/[?&]schema=/.test(location) || !URL.canParse(location)) {
    return { connectionString: location, schema: checkSchemaName(schema ?? DEFAULT_SCHEMA) };
  }
  const url = new URL(location);
  const own = schema ?? url.searchParams.get('schema');
  url.searchParams.delete('schema');
  return { connectionString: url.href, schema: checkSchemaName(own) };
}
