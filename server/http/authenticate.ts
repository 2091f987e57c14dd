import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { Random } from '../domain/random.ts';
import type { ReportTokens } from '../reports/report-tokens.ts';
import type { Store } from '../store/store.ts';
import type { CredentialUse } from './joining/credential-use.ts';
import type { Principal } from './principal.ts';

const prefix = 'ubugi_';
const secretBytes = 32;
/** Characters of 32 bytes in base64url without padding. */
const encodedLength = 43;

/** A new token's secret: 256 random bits. */
export function newTokenSecret(random: Random): string {
  return prefix + random.bytes(secretBytes).toString('base64url');
}

/** SHA-256 in hexadecimal. A secret of 256 random bits needs neither salt nor a slow hash. */
export function hashTokenSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * The principal of an `Authorization: Bearer` header (RFC 6750, 2.1). Fails with `unauthorized`; which of a token is
 * wrong is only said to one who has its secret.
 */
export async function authenticate(
  authorization: string | null,
  {
    store,
    clock,
    reportTokens,
    credentialUse,
  }: {
    readonly store: Pick<Store, 'tokenBySecretHash'>;
    readonly clock: Clock;
    readonly reportTokens: Pick<ReportTokens, 'recognise'> | undefined;
    readonly credentialUse: CredentialUse;
  },
): Promise<Principal> {
  if (authorization === null) {
    throw new AppError(
      'unauthorized',
      'no token was sent; send Authorization: Bearer TOKEN, or use the local socket',
    );
  }
  const bearer = bearerOf(authorization);
  const ticket = bearer === undefined ? undefined : reportTokens?.recognise(bearer);
  if (ticket !== undefined) {
    return { actor: `guest:${ticket.instance}`, role: 'guest', hypervisor: null, ticket };
  }
  const secret = bearer !== undefined && isSecret(bearer) ? bearer : undefined;
  if (secret === undefined) {
    throw new AppError(
      'unauthorized',
      'what was sent is not a token of this server; send Authorization: Bearer ubugi_…',
    );
  }
  const hash = hashTokenSecret(secret);
  const token = await store.tokenBySecretHash(hash);
  // The index looked the hash up; this comparison does not trust how (collation, prefix).
  if (token === undefined || !isSameHash(hash, token.secretSha256)) {
    throw new AppError('unauthorized', 'the token is not known; ask an administrator for one');
  }
  const principal: Principal = {
    actor: `token:${token.name}`,
    role: token.role,
    hypervisor: token.hypervisor,
    token: token.id,
  };
  // Its one route says no itself, so that the audit trail tells of it; no other route lets it in.
  if (token.role === 'join') return principal;
  if (token.revokedAt !== null) {
    throw new AppError('unauthorized', `token ${token.name} was revoked; ask an administrator for another`);
  }
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= clock.now().getTime()) {
    throw new AppError('unauthorized', `token ${token.name} has expired; ask an administrator for another`);
  }
  credentialUse.note(token);
  return principal;
}

function bearerOf(authorization: string): string | undefined {
  const space = authorization.indexOf(' ');
  return authorization.slice(0, space).toLowerCase() === 'bearer'
    ? authorization.slice(space + 1)
    : undefined;
}

function isSecret(text: string): boolean {
  return text.startsWith(prefix) && text.length === prefix.length + encodedLength;
}

function isSameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
