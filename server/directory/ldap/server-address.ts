import { isIP } from 'node:net';
import { AppError } from '../../domain/errors.ts';

/** Where an LDAP server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte, after StartTLS, or none. */
  readonly security: 'tls' | 'start-tls' | 'none';
  /** The URL in one form, for messages. */
  readonly url: string;
}

/**
 * The address in an `ldaps://` URL, or in `ldap://` for StartTLS; plain `ldap://` only to a loopback address, where
 * nobody can listen in.
 * Anything else fails with `configuration-invalid`.
 */
export function parseServerAddress(directory: string, text: string, startTls = false): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'ldaps:';
  if (url === undefined || (!secure && url.protocol !== 'ldap:') || url.hostname === '') {
    throw invalid(directory, 'url is no LDAP URL', 'give ldaps://HOST or ldaps://HOST:PORT');
  }
  if (
    !/^\/?$/.test(url.pathname) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw invalid(directory, 'url has more than host and port', 'give ldaps://HOST:PORT');
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (secure && startTls) {
    throw invalid(directory, 'url is ldaps://, which needs no StartTLS', 'remove startTls');
  }
  if (!secure && !startTls && !isLoopback(host)) {
    throw invalid(
      directory,
      'url is ldap:// to another host, which sends the password and all rights in plain text',
      'use ldaps://, or set startTls',
    );
  }
  const port = url.port === '' ? (secure ? 636 : 389) : Number(url.port);
  const security = secure ? 'tls' : startTls ? 'start-tls' : 'none';
  return { host, port, security, url: `${url.protocol}//${url.hostname}:${port}` };
}

/** Addresses only: what a name such as `localhost` stands for is up to the resolver. */
function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

function invalid(directory: string, what: string, remedy: string): AppError {
  return new AppError('configuration-invalid', `directory ${directory}: ${what}: ${remedy}`);
}
