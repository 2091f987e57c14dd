import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  Control,
  type Entry,
  ProtocolError,
  UnavailableCriticalExtensionError,
  UnwillingToPerformError,
} from 'ldapts';
import { openConnection, type TlsOptions } from './connection.ts';
import { LdapFailure, ldapFailure } from './failure.ts';
import type { ServerAddress } from './server-address.ts';

/** LDAP_SERVER_DOMAIN_SCOPE_OID ([MS-ADTS], section 3.1.1.3.4.1.4). */
const domainScope = '1.2.840.113556.1.4.1339';
const whoAmI = '1.3.6.1.4.1.4203.1.11.3';
/** Time that a polite good-bye may take before the connection is cut. */
const unbindMs = 1000;

/** Who reads. Anonymous where the directory asks for no account. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'simple'; readonly bindDn: string; readonly password: string };

/** What a session needs. */
export interface SessionOptions {
  readonly address: ServerAddress;
  readonly tls: TlsOptions;
  readonly credentials: Credentials;
  readonly connectTimeoutMs: number;
  readonly operationTimeoutMs: number;
  /** Asks the server for its own part of the tree only (Active Directory refers to other parts at the root of a domain). */
  readonly withoutReferrals?: boolean;
}

/** One search. */
export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: string;
  readonly attributes: readonly string[];
  /** Absent: paged results are not asked for. For one entry. */
  readonly pageSize?: number;
}

/** One bound connection for one run. */
export interface LdapSession {
  /** Answers of the server page by page; fails on referrals. The last page may be empty. */
  pages(search: Search): AsyncGenerator<readonly Entry[]>;
  /** Ends the session; never fails and never hangs. */
  close(): Promise<void>;
}

/**
 * Connects, binds and makes sure of it. ldapts opens a new, anonymous connection whenever the old one has
 * gone; here the second connection is refused, so a session is one connection or a failure.
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<LdapSession> {
  const { address, credentials, operationTimeoutMs } = options;
  const socket = await openConnection(address, options.tls, options.connectTimeoutMs, signal);
  const client = clientOn(socket, address, operationTimeoutMs);

  async function close(): Promise<void> {
    try {
      await Promise.race([client.unbind(), delay(unbindMs, undefined, { ref: false })]);
    } catch {
      // The server was told or is gone; both end the session.
    } finally {
      socket.destroy();
    }
  }

  async function* pages(search: Search): AsyncGenerator<readonly Entry[]> {
    const doing = `search below ${search.base}`;
    try {
      const { base, scope, filter, attributes, pageSize } = search;
      const request = {
        scope,
        filter,
        attributes: [...attributes],
        explicitBufferAttributes: [...attributes],
        timeLimit: Math.ceil(operationTimeoutMs / 1000),
      };
      const controls = options.withoutReferrals === true ? [new Control(domainScope)] : [];
      const answers =
        pageSize === undefined
          ? [await client.search(base, request, controls)]
          : client.searchPaginated(base, { ...request, paged: { pageSize } }, controls);
      for await (const answer of answers) {
        if (answer.searchReferences.length > 0) {
          throw new LdapFailure(
            `${doing}: the server refers to another server, which is not followed`,
            'give a base DN that one server holds whole',
          );
        }
        yield answer.searchEntries;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw ldapFailure(error, doing);
    }
  }

  try {
    await bind(client, credentials);
    return { pages, close };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw ldapFailure(error, 'bind');
  }
}

function clientOn(socket: Socket, address: ServerAddress, operationTimeoutMs: number): Client {
  let used = false;
  // The connection stands already, so both kinds of URL hand out the same socket.
  const once = (): never => {
    if (used || socket.destroyed) {
      throw new LdapFailure('the server closed the connection', 'look into its log, or try again');
    }
    used = true;
    return socket as never;
  };
  return new Client({
    url: address.url,
    timeout: operationTimeoutMs,
    createConnection: once,
    createSecureConnection: once,
  });
}

async function bind(client: Client, credentials: Credentials): Promise<void> {
  if (credentials.kind === 'anonymous') {
    await client.bind('', '');
    return;
  }
  // RFC 4513, section 5.1.2: with an empty password a server says yes and leaves the connection anonymous.
  if (credentials.password === '') {
    throw new LdapFailure('bind: the password is empty', 'put the password into the password file');
  }
  await client.bind(credentials.bindDn, credentials.password);
  let identity: string | undefined;
  try {
    ({ value: identity } = await client.exop(whoAmI));
  } catch (error) {
    if (isUnsupported(error)) return;
    throw error;
  }
  if (identity === undefined || identity === '') {
    throw new LdapFailure(
      'bind: the server takes the connection for anonymous',
      'check bindDn and its rights',
    );
  }
}

/** Servers without RFC 4532. The one connection and its successful bind must do there. */
function isUnsupported(error: unknown): boolean {
  return (
    error instanceof ProtocolError ||
    error instanceof UnavailableCriticalExtensionError ||
    error instanceof UnwillingToPerformError
  );
}
