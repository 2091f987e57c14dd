import pg from 'pg';

/** How a PostgreSQL database is reached. */
export interface PostgresServer {
  /** Host name, address, or folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  /** CA certificates in PEM. If given, TLS is used and the server's certificate must bear its name. */
  readonly ca?: string | undefined;
}

const int8 = 20;

/** Settings of every connection: nothing waits for ever. */
export function clientConfig({ host, port, database, user, password, ca }: PostgresServer): pg.ClientConfig {
  return {
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl: ca === undefined ? false : { ca, rejectUnauthorized: true },
    application_name: 'ubugi',
    // The tables that lists read are in memory. With the default, a seek of a disk for each row, PostgreSQL reads and
    // sorts a whole table for a page of it.
    options: '-c random_page_cost=1.1',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    lock_timeout: 30_000,
    idle_in_transaction_session_timeout: 600_000,
    types: {
      // Event ids and counts stay far below 2^53; by default they would come as text.
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === int8 ? Number : pg.types.getTypeParser(type, format),
    },
  };
}
