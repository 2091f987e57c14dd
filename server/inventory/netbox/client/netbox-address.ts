import { parseServerAddress, type ServerAddress } from '../../http-client/server-address.ts';

/** Where NetBox is. */
export interface NetboxAddress extends ServerAddress {
  /** Root of the REST API, ending in `/api/`. */
  readonly api: URL;
}

/**
 * The address in a URL; see {@link parseServerAddress} for which are refused.
 * @param text root of NetBox as a person opens it: `https://netbox.example.net/`, or with a path
 */
export function parseNetboxAddress(inventory: string, text: string): NetboxAddress {
  const address = parseServerAddress(inventory, text);
  const root = address.url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return {
    ...address,
    api: new URL(`${root}/api/`, address.url),
    shown: `NetBox at ${address.url.origin}${root}/`,
  };
}
