import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { TlsOptions } from '../ldap/connection.ts';

/** TLS between two parts of this process, with a key that only they have. */
export interface SharedKeyTls {
  readonly client: TlsOptions;
  /** Other programs on this host fail in the handshake: not one byte of theirs reaches the LDAP server. */
  createServer(onConnection: (connection: Socket) => void): Server;
}

const identity = 'ubugi';
const handshakeTimeoutMs = 5000;
/** Keys shared beforehand stand in the cipher suites of TLS 1.2 (RFC 5489); they need no certificate. */
const suites = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;

export function createSharedKeyTls(): SharedKeyTls {
  const psk = randomBytes(32);
  return {
    client: { ...suites, pskCallback: () => ({ psk, identity }), checkServerIdentity: () => undefined },
    createServer(onConnection) {
      const server = createServer(
        {
          ...suites,
          handshakeTimeout: handshakeTimeoutMs,
          pskCallback: (_socket, offered) => (isIdentity(offered) ? psk : null),
        },
        onConnection,
      );
      // A stranger's failed handshake is no concern of ours; without a listener it still must not throw.
      server.on('tlsClientError', () => undefined);
      return server;
    },
  };
}

function isIdentity(offered: string): boolean {
  const [one, other] = [Buffer.from(offered), Buffer.from(identity)];
  return one.length === other.length && timingSafeEqual(one, other);
}
