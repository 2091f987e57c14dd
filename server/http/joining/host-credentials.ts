import type { HypervisorCredential } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import type { StoredToken, StoreTransaction } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import type { Principal } from '../principal.ts';

/** Credentials that hosts get by themselves. The host draws the secret; only its hash comes here. */
export interface HostCredentials {
  /**
   * Gives a host its first credential for a one-time token. The same hash again gets the same answer. Fails with
   * `unauthorized`, after a `join-refused` event, if the token is used, expired, revoked or for another host.
   */
  join(host: string, secretSha256: string, principal: Principal): Promise<HypervisorCredential>;
  /**
   * Announces the credential that is to replace the one that asks. That one ends when the new one is used, and
   * {@link overlapMs} from now at the latest. The same hash again, by either of them, gets the same answer; another one
   * takes the place of what was announced before. Fails with `forbidden`, after an `access-denied` event, for another host.
   */
  rotate(host: string, secretSha256: string, principal: Principal): Promise<HypervisorCredential>;
}

/** How long a credential is good for. */
const lifeMs = 30 * 86_400_000;

/** How long a credential outlives the announcement of the next. */
const overlapMs = 10 * 60_000;

/** Creates them over a store. */
export function createHostCredentials({
  store,
  clock,
  random,
}: Pick<AppPorts, 'store' | 'clock' | 'random'>): HostCredentials {
  function newCredential(name: string, host: string, secretSha256: string, now: Date): StoredToken {
    return {
      id: random.uuid(),
      name,
      role: 'hypervisor',
      hypervisor: host,
      createdAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + lifeMs).toISOString(),
      revokedAt: null,
      secretSha256,
      usedAt: null,
      credentialSha256: null,
      replaces: null,
    };
  }

  /** Whatever token has this secret already: a host that sends its hash again, or one that draws no secret of its own. */
  async function holder(
    secretSha256: string,
    mine: (token: StoredToken) => boolean,
  ): Promise<StoredToken | undefined> {
    const token = await store.tokenBySecretHash(secretSha256);
    if (token === undefined || mine(token)) return token;
    throw new AppError('conflict', 'this secret belongs to another token; draw a new one');
  }

  async function refuse(event: {
    readonly action: 'join-refused' | 'access-denied';
    readonly principal: Principal;
    readonly host: string;
    readonly reason: string;
  }): Promise<void> {
    await store.transaction((transaction) =>
      transaction.appendEvent({
        at: clock.now().toISOString(),
        actor: event.principal.actor,
        action: event.action,
        instance: null,
        reason: event.reason,
        details: { host: event.host, hypervisor: event.principal.hypervisor },
      }),
    );
  }

  return {
    join: async (host, secretSha256, principal) => {
      const now = clock.now();
      const refused = async (what: string): Promise<never> => {
        await refuse({
          action: 'join-refused',
          principal,
          host,
          reason: `host ${printable(host)} may not join: ${what}`,
        });
        throw new AppError('unauthorized', `the join token ${what}; ask an administrator for another`);
      };
      const present = await holder(
        secretSha256,
        ({ role, hypervisor }) => role === 'hypervisor' && hypervisor === host,
      );
      const outcome = await store.transaction(async (transaction): Promise<StoredToken | string> => {
        const token = await lockedToken(transaction, principal);
        if (token.hypervisor !== host) return 'is for another host';
        if (token.usedAt !== null) {
          const again = token.credentialSha256 === secretSha256 && present?.revokedAt === null;
          return again ? present : 'was used before';
        }
        if (token.revokedAt !== null) return 'was revoked';
        if (token.expiresAt !== null && Date.parse(token.expiresAt) <= now.getTime()) return 'has expired';
        if (present !== undefined) return 'was sent with a secret that is in use';
        if (!(await transaction.useJoinToken(token.id, secretSha256, now.toISOString())))
          return 'was used before';
        const credential = newCredential(token.name, host, secretSha256, now);
        await transaction.saveToken(credential);
        await transaction.appendEvent({
          at: now.toISOString(),
          actor: principal.actor,
          action: 'host-joined',
          instance: null,
          reason: `host ${host} joined with token ${token.name}`,
          details: { host, token: token.id, credential: credential.id, expiresAt: credential.expiresAt },
        });
        return credential;
      });
      return typeof outcome === 'string' ? refused(outcome) : answerOf(outcome);
    },

    rotate: async (host, secretSha256, principal) => {
      if (principal.hypervisor !== host) {
        const reason = `hypervisor ${principal.hypervisor ?? ''} asked for a credential of another host`;
        await refuse({ action: 'access-denied', principal, host, reason });
        throw new AppError('forbidden', `${reason}; it can have its own only`);
      }
      const now = clock.now();
      const known = await holder(
        secretSha256,
        ({ id, replaces }) => id === principal.token || replaces === principal.token,
      );
      return store.transaction(async (transaction) => {
        const present = await lockedToken(transaction, principal);
        if (known?.id === present.id) return answerOf(present);
        const pending = await transaction.pendingReplacement(present.id);
        if (pending?.secretSha256 === secretSha256) return answerOf(pending);
        if (known !== undefined)
          throw new AppError('conflict', 'this secret was given up before; draw a new one');
        if (pending !== undefined) await transaction.revokeToken(pending.id, now.toISOString());
        await endReplaced(transaction, present, now);
        const credential = newCredential(present.name, host, secretSha256, now);
        const endsBy = now.getTime() + overlapMs;
        const endsBefore = present.expiresAt !== null && Date.parse(present.expiresAt) <= endsBy;
        await transaction.saveToken({
          ...present,
          replaces: null,
          expiresAt: endsBefore ? present.expiresAt : new Date(endsBy).toISOString(),
        });
        await transaction.saveToken({ ...credential, replaces: present.id });
        await transaction.appendEvent({
          at: now.toISOString(),
          actor: principal.actor,
          action: 'credential-rotated',
          instance: null,
          reason: `host ${host} announced its next credential`,
          details: { host, credential: credential.id, replaces: present.id, expiresAt: credential.expiresAt },
        });
        return answerOf(credential);
      });
    },
  };
}

/** Ends what a token replaces: it is used now, so its host has it. */
export async function endReplaced(
  transaction: StoreTransaction,
  token: StoredToken,
  now: Date,
): Promise<void> {
  if (token.replaces !== null) await transaction.revokeToken(token.replaces, now.toISOString());
}

async function lockedToken(transaction: StoreTransaction, { token }: Principal): Promise<StoredToken> {
  const found = token === undefined ? undefined : await transaction.lockedToken(token);
  if (found === undefined)
    throw new AppError('unauthorized', 'the token is not known; ask an administrator for one');
  return found;
}

function answerOf({ name, hypervisor, createdAt, expiresAt }: StoredToken): HypervisorCredential {
  return { name, host: hypervisor ?? '', issuedAt: createdAt, expiresAt };
}
