import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecure } from 'node:tls';
import { LdapFailure, ldapFailure } from './failure.ts';
import type { ServerAddress } from './server-address.ts';
import { requestStartTls } from './start-tls.ts';

/** How the TLS connection is made beyond the address: CA certificates, or a key shared beforehand. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'ciphers' | 'pskCallback' | 'checkServerIdentity' | 'minVersion' | 'maxVersion'
>;

/**
 * Opens the one connection of a run; in TLS with certificate and name verified, from the first byte or by StartTLS. Fails with
 * {@link LdapFailure}. The connection is destroyed as soon as `signal` aborts, whatever waits on it.
 */
export async function openConnection(
  address: ServerAddress,
  tls: TlsOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const { host, port } = address;
  const secureOptions: ConnectionOptions = {
    minVersion: 'TLSv1.2',
    ...tls,
    host,
    port,
    rejectUnauthorized: true,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  const socket = address.security === 'tls' ? connectSecure(secureOptions) : connectPlain({ host, port });
  let result: Socket = socket;
  // Questions and answers are short and wait for each other.
  socket.setNoDelay(true);
  const abort = (): void => {
    result.destroy();
    socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  // Errors after this function's own are reported by whoever waits for an answer.
  socket.on('error', () => undefined);

  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new LdapFailure(
        'connect: no connection in time',
        'check url and network, or raise connectTimeoutSeconds',
      ),
    );
  }, timeoutMs);
  try {
    await Promise.race([
      late.promise,
      settled(socket, address.security === 'tls' ? 'secureConnect' : 'connect'),
    ]);
    if (address.security !== 'start-tls') return socket;
    await Promise.race([late.promise, requestStartTls(socket)]);
    // Name and chain are checked as for ldaps://: by the host of the URL, an address included.
    result = connectSecure({ ...secureOptions, socket });
    result.on('error', () => undefined);
    await Promise.race([late.promise, settled(result, 'secureConnect')]);
    return result;
  } catch (error) {
    abort();
    signal.throwIfAborted();
    throw ldapFailure(error, 'connect');
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves at the event; fails if the connection does. */
function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, () => resolve());
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('closed')));
  return promise;
}
