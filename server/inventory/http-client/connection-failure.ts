import { BrokenConnection, HttpFailure } from './http-failure.ts';

/** The failure that an error of a socket, of TLS or of the HTTP parser stands for. */
export function connectionFailure(error: unknown): HttpFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new HttpFailure(`cannot be reached (${code})`, 'check url, name service and network', error);
    case 'ELOCALADDRESS':
      return new HttpFailure(
        'has a name that leads to a loopback or link-local address',
        'correct the name service, or give that address in url',
        error,
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new HttpFailure(
        'shows the certificate of another name',
        'correct url, or give the server a certificate for this name',
        error,
      );
    case 'CERT_HAS_EXPIRED':
      return new HttpFailure('shows a certificate that has expired', 'renew it', error);
    case 'CERT_SIGNATURE_FAILURE':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return new HttpFailure(`shows a certificate that is not trusted (${code})`, 'check caFile', error);
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
    case 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE':
      return new HttpFailure('wants a client certificate that it trusts', 'check clientCertificate', error);
    case 'HPE_HEADER_OVERFLOW':
      return new HttpFailure('sends headers that are too large', 'check the proxy in front of it', error);
    default:
      return new BrokenConnection(
        `broke off the conversation (${code})`,
        'check the server and its log',
        error,
      );
  }
}
