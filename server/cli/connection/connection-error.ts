import { AppError } from '../../domain/errors.ts';
import { describeAddress, type ServerAddress } from './connection-settings.ts';

const certificateErrors: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What a failed connection means: which address did not answer, why, and what to do. */
export function connectionError(address: ServerAddress, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const where = describeAddress(address);
  return new AppError(
    'server-unreachable',
    `cannot reach the server at ${where}: ${reason(address, code, cause)}`,
    {
      cause,
    },
  );
}

function reason(address: ServerAddress, code: string, cause: unknown): string {
  if (address.kind === 'socket') {
    switch (code) {
      case 'ENOENT':
      case 'ECONNREFUSED':
        return 'no server listens on this socket. Start one on this host with `ubugi serve --config FILE`, or name another by --server URL (UBUGI_SERVER) or --socket PATH (UBUGI_SOCKET)';
      case 'EACCES':
      case 'EPERM':
        return 'this user may not open the socket. Run as the user that the server runs as, or name a server by --server URL with a token';
      default:
    }
  }
  if (certificateErrors.has(code)) {
    return `its certificate is not accepted (${code}). Name the CA that issued it by --ca-file FILE, and use the host name that the certificate is for`;
  }
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there. Check the URL and port, and that `ubugi serve` runs';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name cannot be resolved. Check the URL and the DNS of this host';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no way to it (${code}). Check the network and firewalls between`;
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'it does not speak TLS. Check whether the URL should begin with http://, and its port';
    default:
      if (code.startsWith('HPE_')) return 'what answers is no HTTP server, or wants https://. Check the URL';
      if (code === 'ECONNRESET')
        return 'it closed the connection before it answered. Look at its log and try again';
      return code === '' ? (cause instanceof Error ? cause.message : String(cause)) : code;
  }
}
