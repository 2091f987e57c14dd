import type { TokenReading } from '../configuration/server-token.ts';
import { systemErrorCode } from '../drive-files/read-regular-file.ts';
import type { Clock } from '../process/clock.ts';
import { type AnnounceSecret, drawSecret } from './announce-secret.ts';
import { readCredential, type StoredCredential, writeCredential } from './credential-file.ts';

/** What became of a rotation. */
export type RotationOutcome =
  /** `dueAt`: when it is; undefined: never, since the token has no end that this host knows of. */
  | { readonly kind: 'not-due'; readonly dueAt: Date | undefined }
  | { readonly kind: 'rotated'; readonly expiresAt: Date | undefined }
  /** Try again later; what there was is still used. `reason` is half a sentence. */
  | { readonly kind: 'failed'; readonly reason: string };

/** The credential of this host. */
export interface Credential {
  /** The token to send now, read anew: it may have been rotated or replaced since. Never throws. */
  token(): Promise<TokenReading>;
  /** Replaces the credential when two thirds of its life are over, or when that was begun before. Never throws. */
  rotateWhenDue(): Promise<RotationOutcome>;
}

/** What keeping a credential needs. */
export interface CredentialPorts {
  readonly clock: Clock;
  readonly announce: AnnounceSecret;
}

/**
 * Opens the credential in a file. Whatever ends the process, one of the secrets in the file is good: the next one is
 * written before it is announced, and takes the place of the present one when the server has taken it.
 */
export function openCredential({ clock, announce }: CredentialPorts, file: string): Credential {
  async function rotate(present: StoredCredential): Promise<RotationOutcome> {
    const next = present.next ?? drawSecret();
    if (present.next === undefined) await writeCredential(file, { ...present, next });
    let answer = await announce('credential', present.token, next);
    // The present one may have ended after an announcement whose answer was lost.
    if (answer.kind === 'refused') answer = await announce('credential', next, next);
    switch (answer.kind) {
      case 'taken':
        await writeCredential(file, { token: next, life: answer.life, next: undefined });
        return { kind: 'rotated', expiresAt: answer.life?.expiresAt };
      case 'spent':
        await writeCredential(file, { ...present, next: undefined });
        return {
          kind: 'failed',
          reason: 'the metadata server did not take the new secret; another is drawn next time',
        };
      case 'refused':
        return { kind: 'failed', reason: `${answer.reason}; join this host again (ubugi-hypervisor join)` };
      case 'unavailable':
        return { kind: 'failed', reason: answer.reason };
    }
  }

  return {
    token: async () => {
      const reading = await readCredential(file);
      if (reading.kind === 'credential') return { kind: 'token', token: reading.credential.token };
      return { kind: 'unusable', reason: reading.reason };
    },
    rotateWhenDue: async () => {
      const reading = await readCredential(file);
      if (reading.kind !== 'credential') return { kind: 'failed', reason: reading.reason };
      const { life, next } = reading.credential;
      const dueAt = dueTime(life);
      if (next === undefined && (dueAt === undefined || clock.now() < dueAt))
        return { kind: 'not-due', dueAt };
      try {
        return await rotate(reading.credential);
      } catch (error) {
        return {
          kind: 'failed',
          reason: `the token file ${file} cannot be written (${systemErrorCode(error)})`,
        };
      }
    },
  };
}

function dueTime(life: StoredCredential['life']): Date | undefined {
  if (life === undefined) return undefined;
  const issued = life.issuedAt.getTime();
  return new Date(issued + ((life.expiresAt.getTime() - issued) * 2) / 3);
}
