import { NetboxFailure } from './netbox-failure.ts';

/** A connection that broke: the same request may succeed when it is sent again. */
export class BrokenConnection extends NetboxFailure {}

/** The failure that an error of a socket or of TLS stands for. */
export function connectionFailure(error: unknown): NetboxFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new NetboxFailure(`cannot be reached (${code})`, 'check url, name service and network', error);
    case 'ELOCALADDRESS':
      return new NetboxFailure(
        'has a name that leads to a loopback or link-local address',
        'correct the name service, or give that address in url',
        error,
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new NetboxFailure(
        'shows the certificate of another name',
        'correct url, or give the server a certificate for this name',
        error,
      );
    case 'CERT_HAS_EXPIRED':
      return new NetboxFailure('shows a certificate that has expired', 'renew it', error);
    case 'CERT_SIGNATURE_FAILURE':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return new NetboxFailure(`shows a certificate that is not trusted (${code})`, 'check caFile', error);
    default:
      return new BrokenConnection(
        `broke off the conversation (${code})`,
        'check the server and its log',
        error,
      );
  }
}
