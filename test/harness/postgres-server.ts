import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import pg from 'pg';
import { createPostgresStore, type PostgresStoreOptions } from '../../server/store/postgres.ts';
import { freePort } from './free-port.ts';

const user = 'ubugi';
const password = 'correct horse battery staple';
const template = 'ubugi_template';

/** A real PostgreSQL that runs for the tests of one file. */
export interface PostgresServer {
  /** Options of `createPostgresStore` for a new database with the newest schema, copied from a template. */
  createDatabase(): Promise<PostgresStoreOptions>;
  /** The same for a database with nothing in it. */
  createEmptyDatabase(): Promise<PostgresStoreOptions>;
  /** Runs SQL as the owner of a database and gives its rows. */
  query(
    database: PostgresStoreOptions,
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly unknown[]>;
  /** The certificate that the server shows, for 127.0.0.1, in PEM. It is its own CA. */
  readonly certificate: string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts the newest PostgreSQL that Debian's packages have installed, from a new folder, on a free port of
 * 127.0.0.1, with TLS and passwords. PostgreSQL refuses to run as root: then it runs as the user `postgres`. It
 * does not outlive this process, even if that is killed.
 * @param fsync whether commits wait for the disk, as they do where data has to survive a power cut; false if absent
 */
export async function startPostgresServer({
  fsync = false,
}: {
  readonly fsync?: boolean;
} = {}): Promise<PostgresServer> {
  const binaries = await findBinaries();
  const account = await findAccount();
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-postgres-'));
  try {
    const certificate = await initialise({ binaries, account, folder });
    const port = await freePort();
    const server = execa(
      ...asAccount(account, [
        join(binaries, 'postgres'),
        '-D',
        join(folder, 'data'),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `port=${port}`,
        '-c',
        `unix_socket_directories=${folder}`,
        '-c',
        'ssl=on',
        '-c',
        `ssl_cert_file=${join(folder, 'server.crt')}`,
        '-c',
        `ssl_key_file=${join(folder, 'server.key')}`,
        '-c',
        `fsync=${fsync ? 'on' : 'off'}`,
        '-c',
        'max_connections=200',
      ]),
      { cwd: folder, stdin: 'ignore', reject: false, all: true },
    );
    const stop = async (): Promise<void> => {
      // SIGINT is PostgreSQL's fast shutdown: it ends connections that tests left open.
      server.kill('SIGINT');
      await server;
      await rm(folder, { recursive: true, force: true });
    };
    try {
      await untilReady(port, server);
      await query(options(port, 'postgres'), `create database ${template}`);
      await (await createPostgresStore(options(port, template))).close();
    } catch (error) {
      await stop();
      throw error;
    }
    return createHandle(port, certificate, stop);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function createHandle(port: number, certificate: string, stop: () => Promise<void>): PostgresServer {
  let count = 0;
  const create = async (from: string): Promise<PostgresStoreOptions> => {
    count += 1;
    await query(options(port, 'postgres'), `create database ubugi_${count} template ${from}`);
    return options(port, `ubugi_${count}`);
  };
  return {
    createDatabase: () => create(template),
    createEmptyDatabase: () => create('template0'),
    query,
    certificate,
    stop,
  };
}

function options(port: number, database: string): PostgresStoreOptions {
  return { host: '127.0.0.1', port, database, user, password, poolSize: 4 };
}

async function query(
  { host, port, database }: PostgresStoreOptions,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly unknown[]> {
  const client = new pg.Client({ host, port, database, user, password, connectionTimeoutMillis: 10_000 });
  // Unheard, the end of the server would end the tests.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function untilReady(port: number, server: PromiseLike<{ readonly all: string }>): Promise<void> {
  let output: string | undefined;
  void server.then(({ all }) => {
    output = all;
  });
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await query(options(port, 'postgres'), 'select 1');
      return;
    } catch (error) {
      if (output !== undefined || performance.now() > deadline) {
        throw new Error(`PostgreSQL did not start: ${output ?? 'it does not answer'}`, { cause: error });
      }
    }
    await delay(50);
  }
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

async function findBinaries(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.filter((version) => /^\d+$/.test(version)).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) {
    throw new Error(`no PostgreSQL in ${root}: install the Debian package postgresql`);
  }
  return join(root, newest, 'bin');
}

async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const number = async (option: string): Promise<number> =>
    Number((await execa('id', [option, 'postgres'], { timeout: 10_000 })).stdout);
  return { uid: await number('-u'), gid: await number('-g') };
}

/** The command line that runs a program as an account, and ends it with us. */
function asAccount(
  account: Account | undefined,
  command: readonly string[],
): readonly [string, readonly string[]] {
  const change =
    account === undefined ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return ['setpriv', [...change, '--pdeathsig', 'INT', '--', ...command]];
}

async function initialise({
  binaries,
  account,
  folder,
}: {
  readonly binaries: string;
  readonly account: Account | undefined;
  readonly folder: string;
}): Promise<string> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const { stdout } = await execa(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=ubugi test',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      join(folder, 'server.key'),
    ],
    { timeout: 30_000 },
  );
  await writeFile(join(folder, 'server.crt'), stdout);
  await chmod(join(folder, 'server.key'), 0o600);
  if (account !== undefined) {
    for (const path of [folder, passwordFile, join(folder, 'server.key')]) {
      await chown(path, account.uid, account.gid);
    }
  }
  await execa(
    ...asAccount(account, [
      join(binaries, 'initdb'),
      '--pgdata',
      join(folder, 'data'),
      '--username',
      user,
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--locale',
      'C.UTF-8',
      '--no-sync',
    ]),
    { cwd: folder, timeout: 60_000 },
  );
  return stdout;
}
