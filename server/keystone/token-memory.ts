import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { KeystoneCaller } from './keystone.ts';

/** What Keystone said of tokens, for a bounded time. */
export interface TokenMemory {
  /** Undefined: nothing is remembered. */
  recall(token: string): { readonly caller: KeystoneCaller | undefined } | undefined;
  keep(token: string, caller: KeystoneCaller | undefined): void;
}

/** Tokens that are remembered; beyond it the oldest goes. */
const mostTokens = 4096;
/** A token that is not known never will be: soon forgotten only to make room. */
const unknownMs = 60_000;

/** A memory that holds hashes of tokens and no token. @param goodMs milliseconds that a good one is remembered */
export function createTokenMemory({ clock }: { readonly clock: Clock }, goodMs: number): TokenMemory {
  const entries = new Map<string, { readonly caller: KeystoneCaller | undefined; readonly until: number }>();
  const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64');
  return {
    recall(token) {
      const key = keyOf(token);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.until > clock.now().getTime()) return { caller: entry.caller };
      entries.delete(key);
      return undefined;
    },
    keep(token, caller) {
      const now = clock.now().getTime();
      const until =
        caller === undefined ? now + unknownMs : Math.min(now + goodMs, caller.expiresAt.getTime());
      const key = keyOf(token);
      entries.delete(key);
      entries.set(key, { caller, until });
      const [oldest] = entries.keys();
      if (entries.size > mostTokens && oldest !== undefined) entries.delete(oldest);
    },
  };
}
