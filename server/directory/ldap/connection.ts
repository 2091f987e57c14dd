import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls';
import { LdapFailure, ldapFailure } from './failure.ts';
import type { ServerAddress } from './server-address.ts';

/** How the TLS connection is made beyond the address: CA certificates, or a key shared beforehand. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'ciphers' | 'pskCallback' | 'checkServerIdentity' | 'minVersion' | 'maxVersion'
>;

/**
 * Opens the one connection of a run; for `ldaps://` with certificate and name verified. Fails with
 * {@link LdapFailure}. The connection is destroyed as soon as `signal` aborts, whatever waits on it.
 */
export async function openConnection(
  address: ServerAddress,
  tls: TlsOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket | TLSSocket> {
  signal.throwIfAborted();
  const { host, port } = address;
  const socket = address.secure
    ? connectSecure({
        minVersion: 'TLSv1.2',
        ...tls,
        host,
        port,
        rejectUnauthorized: true,
        ...(isIP(host) === 0 ? { servername: host } : {}),
      })
    : connectPlain({ host, port });
  // Questions and answers are short and wait for each other.
  socket.setNoDelay(true);
  const abort = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  // Errors after this function's own are reported by whoever waits for an answer.
  socket.on('error', () => undefined);

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    reject(
      new LdapFailure(
        'connect: no connection in time',
        'check url and network, or raise connectTimeoutSeconds',
      ),
    );
  }, timeoutMs);
  socket.once(address.secure ? 'secureConnect' : 'connect', () => resolve());
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('closed')));
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw ldapFailure(error, 'connect');
  } finally {
    clearTimeout(timer);
  }
}
