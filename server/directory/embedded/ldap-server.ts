import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { DirectoryTree, TreeEntry } from './directory-tree.ts';
import { dnPath, isWithin } from './distinguished-name.ts';
import { type LdapJsNext, type LdapJsSearchRequest, type LdapJsSearchResponse, ldap } from './ldapjs.ts';
import type { SharedKeyTls } from './shared-key-tls.ts';

/** A running LDAP server. */
export interface EmbeddedLdapServer {
  /** `ldaps://127.0.0.1:PORT` */
  readonly url: string;
  /** What the next connections see. */
  serve(tree: DirectoryTree): void;
  /** Stops listening and cuts what is connected. */
  close(): Promise<void>;
}

const whoAmI = '1.3.6.1.4.1.4203.1.11.3';
const largestPage = 10_000;

/**
 * Starts an LDAP server for this process alone: bind, whoami and paged searches. A connection sees one state of
 * the directory from beginning to end, even if the file is read anew meanwhile.
 */
export async function startLdapServer(options: {
  readonly tls: SharedKeyTls;
  readonly bindDn: string;
  readonly password: string;
}): Promise<EmbeddedLdapServer> {
  const { bindDn, password } = options;
  let current: DirectoryTree = { entries: [] };
  const states = new Map<Socket, { readonly tree: DirectoryTree; bound: boolean }>();
  const server = ldap.createServer();

  server.bind('', (request, response, next) => {
    const state = states.get(request.connection);
    const known = request.dn.toString() === bindDn && request.credentials === password;
    if (state !== undefined) state.bound = known;
    if (!known) return next(new ldap.InvalidCredentialsError('wrong DN or password'));
    response.end();
    return next();
  });
  server.exop(whoAmI, (request, response, next) => {
    response.responseValue = states.get(request.connection)?.bound === true ? `dn:${bindDn}` : '';
    response.end();
    return next();
  });
  server.search('', (request, response, next) => {
    const state = states.get(request.connection);
    if (state?.bound !== true) return next(new ldap.InsufficientAccessRightsError('bind first'));
    return search(state.tree, request, response, next);
  });
  // A broken connection ends the reading on the client's side, which reports it.
  server.on('error', () => undefined);
  server.on('clientError', () => undefined);

  const listener = options.tls.createServer((connection) => {
    // ldapjs writes entry by entry; each would wait for the one before to be acknowledged.
    connection.setNoDelay(true);
    states.set(connection, { tree: current, bound: false });
    connection.once('close', () => states.delete(connection));
    server.newConnection(connection);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // The directory alone is no reason for the process to go on.
  listener.unref();
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the LDAP server has no port');
  return {
    url: `ldaps://127.0.0.1:${address.port}`,
    serve(tree) {
      current = tree;
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const connection of states.keys()) connection.destroy();
      await closed;
    },
  };
}

function search(
  tree: DirectoryTree,
  request: LdapJsSearchRequest,
  response: LdapJsSearchResponse,
  next: LdapJsNext,
): void {
  const base = dnPath(request.baseObject.toString());
  const below = tree.entries.filter((entry) => isWithin(entry.path, base));
  if (!below.some((entry) => entry.path.length === base.length)) {
    return next(new ldap.NoSuchObjectError('no such entry'));
  }
  const found = below.filter(
    (entry) =>
      inScope(entry.path.length - base.length, request.scope) && request.filter.matches(entry.texts, false),
  );
  const paging = request.controls.find((control) => control.type === ldap.PagedResultsControl.OID)?.value;
  const start = paging === undefined || paging.cookie.length !== 4 ? 0 : paging.cookie.readUInt32BE(0);
  const end = paging === undefined ? found.length : start + Math.min(Math.max(paging.size, 1), largestPage);
  for (const entry of found.slice(start, end)) {
    response.send(
      response.createSearchEntry({ objectName: entry.dn, attributes: asked(entry, request.attributes) }),
    );
  }
  if (paging !== undefined) {
    // RFC 2696: an empty cookie says that there is no more.
    const cookie = Buffer.alloc(end < found.length ? 4 : 0);
    if (cookie.length > 0) cookie.writeUInt32BE(end, 0);
    response.addControl(new ldap.PagedResultsControl({ value: { size: found.length, cookie } }));
  }
  response.end();
  return next();
}

/** RFC 4511, section 4.5.1.2: 0 base object, 1 one level, 2 whole subtree. */
function inScope(depth: number, scope: number): boolean {
  if (scope === 0) return depth === 0;
  return scope === 1 ? depth === 1 : true;
}

function asked(entry: TreeEntry, names: readonly string[]) {
  if (names.length === 0 || names.includes('*')) return [...entry.attributes.values()];
  return names.flatMap((name) => entry.attributes.get(name.toLowerCase()) ?? []);
}
