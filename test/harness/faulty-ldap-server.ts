import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import {
  type LdapJsNext,
  type LdapJsSearchRequest,
  type LdapJsSearchResponse,
  ldap,
} from '../../server/directory/embedded/ldapjs.ts';

/** What the server does to a search; `count` is 1 for the first one. */
export type FaultySearch = (
  request: LdapJsSearchRequest,
  response: LdapJsSearchResponse,
  next: LdapJsNext,
  count: number,
) => void;

/** An LDAP server on plain ldap:// that does what no good server does. */
export interface FaultyLdapServer {
  readonly url: string;
  /** Connections made so far. */
  connections(): number;
  stop(): Promise<void>;
}

const whoAmI = '1.3.6.1.4.1.4203.1.11.3';

/** Sends an entry with these attributes. */
export function sendEntry(
  response: LdapJsSearchResponse,
  dn: string,
  attributes: Readonly<Record<string, string>>,
): void {
  response.send(
    response.createSearchEntry({
      objectName: ldap.parseDN(dn),
      attributes: Object.entries(attributes).map(
        ([type, value]) => new ldap.Attribute({ type, values: [Buffer.from(value)] }),
      ),
    }),
  );
}

/** Starts the server. Every bind succeeds. */
export async function startFaultyLdap(options: {
  readonly identity?: string;
  readonly search?: FaultySearch;
}): Promise<FaultyLdapServer> {
  const server = ldap.createServer();
  const sockets = new Set<Socket>();
  let connections = 0;
  let searches = 0;
  server.on('error', () => undefined);
  server.on('clientError', () => undefined);
  server.bind('', (_request, response, next) => {
    response.end();
    next();
  });
  server.exop(whoAmI, (_request, response, next) => {
    response.responseValue = options.identity ?? 'dn:cn=reader';
    response.end();
    next();
  });
  server.search('', (request, response, next) => {
    searches += 1;
    options.search?.(request, response, next, searches);
  });
  const listener = createServer((socket) => {
    connections += 1;
    // ldapjs writes entry by entry; each would wait for the one before to be acknowledged.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    server.newConnection(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `ldap://127.0.0.1:${address.port}`,
    connections: () => connections,
    async stop() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
