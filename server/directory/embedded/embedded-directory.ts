import { randomBytes } from 'node:crypto';
import type { Validators } from '../../../schemas/validation/validator.ts';
import { AppError } from '../../domain/errors.ts';
import { readBoundedFile } from '../../files/bounded-file.ts';
import type { Directory } from '../directory.ts';
import { createLdapDirectory } from '../ldap/ldap-directory.ts';
import { buildTree, type DirectoryTree } from './directory-tree.ts';
import { type EmbeddedLdapServer, startLdapServer } from './ldap-server.ts';
import { LdifError, parseLdif } from './ldif.ts';
import { createSharedKeyTls } from './shared-key-tls.ts';

/** What an embedded directory needs. */
export interface EmbeddedDirectoryOptions {
  /** Name from the configuration. */
  readonly name: string;
  /** LDIF (RFC 2849) with the base entry and everything below it; read anew at each reading. */
  readonly ldifFile: string;
  readonly baseDn: string;
  /** Accounts and groups with lower numbers are refused. */
  readonly minimumUid: number;
  readonly validators: Pick<Validators, 'common'>;
}

interface Running {
  readonly server: EmbeddedLdapServer;
  readonly client: Directory;
}

const maximumBytes = 64 * 1024 * 1024;
const bindDn = 'cn=ubugi';
/** The server is in this process: these are long. */
const timeouts = { connectTimeoutMs: 5000, operationTimeoutMs: 60_000 };

/**
 * A directory for trying things out and for small sites: an LDAP server inside the process, filled from a file and
 * read through the very same LDAP adapter as any other. It starts at the first reading and runs until `close`.
 */
export function createEmbeddedDirectory(options: EmbeddedDirectoryOptions): Directory {
  const { name, ldifFile, baseDn, minimumUid, validators } = options;
  const password = randomBytes(32).toString('base64url');
  const tls = createSharedKeyTls();
  let starting: Promise<Running> | undefined;

  async function start(): Promise<Running> {
    const server = await listen();
    const client = createLdapDirectory({
      name,
      url: server.url,
      bindDn,
      password,
      baseDn,
      ...timeouts,
      pageSize: 1000,
      // The file has no marks of change.
      wholeReadingMs: 0,
      minimumUid,
      validators,
      tls: tls.client,
    });
    return { server, client };
  }

  async function listen(): Promise<EmbeddedLdapServer> {
    try {
      return await startLdapServer({ tls, bindDn, password });
    } catch (error) {
      starting = undefined;
      const message = `directory ${name}: its LDAP server cannot listen on 127.0.0.1: check the loopback interface`;
      throw new AppError('directory-unavailable', message, { cause: error });
    }
  }

  async function readTree(signal: AbortSignal): Promise<DirectoryTree> {
    const bytes = await readBoundedFile(
      { path: ldifFile, maximumBytes, code: 'directory-unavailable', subject: `directory ${name}` },
      signal,
    );
    try {
      return buildTree(parseLdif(bytes), baseDn);
    } catch (error) {
      if (!(error instanceof LdifError)) throw error;
      const message = `directory ${name}: ${ldifFile} line ${error.line}: ${error.message}: ${error.remedy}`;
      throw new AppError('directory-unavailable', message, { cause: error });
    }
  }

  return {
    name,
    async fetchAll(signal) {
      const tree = await readTree(signal);
      starting ??= start();
      const { server, client } = await starting;
      server.serve(tree);
      return client.fetchAll(signal);
    },
    async close() {
      const started = await starting;
      starting = undefined;
      await started?.server.close();
    },
  };
}
