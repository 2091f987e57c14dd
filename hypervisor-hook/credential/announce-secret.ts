import { createHash, randomBytes } from 'node:crypto';
import { RequestFailure, sendBounded, type Transport } from '../metadata-server/bounded-request.ts';
import type { StoredCredential } from './credential-file.ts';

/** What the server says to a secret that is announced by its hash. */
export type AnnounceAnswer =
  /** It is a credential of this host from now on. */
  | { readonly kind: 'taken'; readonly life: StoredCredential['life'] }
  /** 401: the token that was shown is not good, any more. `reason` continues “the metadata server”. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** 409: this secret must not be used. */
  | { readonly kind: 'spent' }
  /** No answer that can be used: try again later. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Announces a secret by its hash, showing a token. Never throws. */
export type AnnounceSecret = (
  what: 'join' | 'credential',
  token: string,
  secret: string,
) => Promise<AnnounceAnswer>;

const connectMs = 5000;
const totalMs = 30_000;
const mostBytes = 64 * 1024;

/** A new secret, as the server makes them: 256 random bits. */
export function drawSecret(): string {
  return `ubugi_${randomBytes(32).toString('base64url')}`;
}

/** Makes {@link AnnounceSecret} for one host over HTTP (`/v1/hypervisors/HOST`). Secrets travel as their SHA-256 only. */
export function createAnnounceSecret(
  transport: Transport,
  { host, userAgent }: { readonly host: string; readonly userAgent: string },
): AnnounceSecret {
  return async (what, token, secret) => {
    try {
      const { status, body } = await sendBounded(transport, {
        method: 'POST',
        path: `/v1/hypervisors/${encodeURIComponent(host)}/${what}`,
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'User-Agent': userAgent,
          'Accept-Encoding': 'identity',
        },
        body: JSON.stringify({ secretSha256: createHash('sha256').update(secret).digest('hex') }),
        mostBytes,
        connectMs,
        totalMs,
      });
      return answerOf(status, body);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return { kind: 'unavailable', reason: `the metadata server ${error.message}` };
    }
  };
}

function answerOf(status: number, body: Buffer): AnnounceAnswer {
  switch (status) {
    case 200: {
      const life = lifeOf(body);
      if (life === undefined)
        return { kind: 'unavailable', reason: 'the metadata server sent an unusable answer' };
      return { kind: 'taken', life };
    }
    case 401:
      return { kind: 'refused', reason: `the metadata server said no: ${detailOf(body)}` };
    case 409:
      return { kind: 'spent' };
    default:
      return { kind: 'unavailable', reason: `the metadata server answered ${status}: ${detailOf(body)}` };
  }
}

function lifeOf(body: Buffer): StoredCredential['life'] {
  const { issuedAt, expiresAt } = objectOf(body);
  if (typeof issuedAt !== 'string' || typeof expiresAt !== 'string') return undefined;
  const life = { issuedAt: new Date(issuedAt), expiresAt: new Date(expiresAt) };
  return life.expiresAt > life.issuedAt ? life : undefined;
}

function detailOf(body: Buffer): string {
  const { detail } = objectOf(body);
  return typeof detail === 'string' ? detail : 'it did not say why';
}

function objectOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
