import {
  BusyError,
  InvalidCredentialsError,
  NoSuchObjectError,
  ResultCodeError,
  SizeLimitExceededError,
  TimeLimitExceededError,
  UnavailableError,
} from 'ldapts';
import { AppError } from '../../domain/errors.ts';

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const untrusted: ReadonlySet<string> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What went wrong in a conversation, and what to do about it. */
export class LdapFailure extends Error {
  override readonly name = 'LdapFailure';
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.remedy = remedy;
  }
}

/** The failure that an error of the LDAP library or of the socket stands for. Never repeats what the server said. */
export function ldapFailure(error: unknown, doing: string): LdapFailure {
  if (error instanceof LdapFailure) return error;
  const [what, remedy] = describe(error);
  return new LdapFailure(`${doing}: ${what}`, remedy, error);
}

/** The error that leaves the adapter. */
export function directoryUnavailable(directory: string, url: string, failure: LdapFailure): AppError {
  return new AppError(
    'directory-unavailable',
    `directory ${directory} (${url}): ${failure.message}: ${failure.remedy}`,
    { cause: failure },
  );
}

function describe(error: unknown): readonly [what: string, remedy: string] {
  if (error instanceof InvalidCredentialsError) {
    return ['the server refused the bind DN or the password', 'check bindDn and the password file'];
  }
  if (error instanceof NoSuchObjectError) {
    return [
      'the server has no such entry, or hides it from this account',
      'check the base DN and what the account may read',
    ];
  }
  if (error instanceof SizeLimitExceededError) {
    return [
      'the server gave a part only and said that its size limit is exceeded',
      'raise the size limit for the account that reads the directory, or let it use paged results',
    ];
  }
  if (error instanceof TimeLimitExceededError) {
    return ['the server took longer than its time limit', 'raise the limit, or index objectClass'];
  }
  if (error instanceof BusyError || error instanceof UnavailableError) {
    return ['the server is busy or shutting down', 'try again'];
  }
  if (error instanceof ResultCodeError) {
    return [`the server answered with LDAP result ${error.code}`, 'look into its log'];
  }
  return describeSocketError(error);
}

function describeSocketError(error: unknown): readonly [what: string, remedy: string] {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code !== undefined && unreachable.has(code)) {
    return [`the server cannot be reached (${code})`, 'check url, name service and network'];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      'its certificate is for another name',
      'correct url, or give the server a certificate for this name',
    ];
  }
  if (code === 'CERT_HAS_EXPIRED') return ['its certificate has expired', 'renew it'];
  if (code !== undefined && untrusted.has(code)) {
    return [`its certificate is not signed by a trusted CA (${code})`, 'check caFile'];
  }
  if (message?.includes('timed out') === true || message?.includes('timeout') === true) {
    return ['the server did not answer in time', 'check the server, or raise operationTimeoutSeconds'];
  }
  return [`the connection failed${code === undefined ? '' : ` (${code})`}`, 'check the server and its log'];
}
