import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '../../../domain/errors.ts';

/** Where NetBox is. */
export interface NetboxAddress {
  /** Root of the REST API, ending in `/api/`. */
  readonly api: URL;
  /** Host without brackets. */
  readonly host: string;
  /** The configured URL in one form, for messages. */
  readonly url: string;
  /** Whether the host may resolve to this machine or its link: only if the URL says so itself. */
  readonly mayBeLocal: boolean;
}

/**
 * The address in an `https://` URL; plain `http://` only to this machine, where nobody can listen in. Anything else
 * fails with `configuration-invalid`.
 * @param text root of NetBox as a person opens it: `https://netbox.example.net/`, or with a path
 */
export function parseNetboxAddress(inventory: string, text: string): NetboxAddress {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw invalid(inventory, 'url is no URL of a web server', 'give https://HOST');
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw invalid(
      inventory,
      'url has more than host, port and path',
      'give https://HOST or https://HOST/PATH',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const mayBeLocal = isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost');
  if (url.protocol === 'http:' && !isThisMachine(host)) {
    throw invalid(
      inventory,
      'url is http:// to another host, which sends the token in plain text',
      'use https://',
    );
  }
  const root = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return { api: new URL(`${root}/api/`, url), host, url: `${url.origin}${root}/`, mayBeLocal };
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
