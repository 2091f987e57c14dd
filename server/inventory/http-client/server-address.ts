import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '../../domain/errors.ts';

/** Where a server is. */
export interface ServerAddress {
  readonly url: URL;
  /** Origin and path, without query, for messages. */
  readonly shown: string;
  /** Whether the host may resolve to this machine or its link: only if the URL says so itself. */
  readonly mayBeLocal: boolean;
}

/**
 * The address in an `https://` URL; plain `http://` only to this machine, where nobody can listen in. Anything else
 * fails with `configuration-invalid`.
 */
export function parseServerAddress(inventory: string, text: string): ServerAddress {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw invalid(inventory, 'url is no URL of a web server', 'give https://HOST/PATH');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '' || url.search !== '') {
    throw invalid(
      inventory,
      'url has more than host, port and path',
      'give https://HOST/PATH; parameters and credentials have fields of their own',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const mayBeLocal = isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost');
  if (url.protocol === 'http:' && !isThisMachine(host)) {
    throw invalid(
      inventory,
      'url is http:// to another host, which sends everything in plain text',
      'use https://',
    );
  }
  return { url, shown: `${url.origin}${url.pathname}`, mayBeLocal };
}

/** Whether a host that was not configured as one turns out to be this machine or a neighbour on its link. */
export function isLocalAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  return ['loopback', 'linkLocal', 'unspecified'].includes(ipaddr.process(address).range());
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback';
}

function invalid(inventory: string, what: string, remedy: string): AppError {
  return new AppError('configuration-invalid', `inventory ${inventory}: ${what}: ${remedy}`);
}
