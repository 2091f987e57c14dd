import type { DirectoryAccount, DisabledAccount } from '../directory.ts';
import { readAccountState } from './account-state.ts';
import { accountAttributes, accountStateAttributes } from './attributes.ts';
import type { DirectorySchema } from './directory-schema.ts';
import type { Check, EntryReader } from './entry-reader.ts';
import { readKeys } from './keys/account-keys.ts';
import type { AuthorizedKey } from './keys/authorized-key.ts';
import { readLastChange } from './last-change.ts';
import type { PosixChecks } from './posix-checks.ts';

/** Checks of the values of accounts. Built once a directory. */
export interface AccountChecks extends PosixChecks {
  readonly authorizedKey: Check<AuthorizedKey>;
}

/** What a posixAccount stands for. */
export type ReadAccount =
  | {
      readonly kind: 'enabled';
      readonly account: DirectoryAccount;
      /** The account begins then, by pwdStartTime (RFC 3339). */
      readonly start: string | undefined;
    }
  | { readonly kind: 'disabled'; readonly account: DisabledAccount };

/**
 * The account that a posixAccount stands for; undefined if any attribute but a key is refused. A refused key
 * is left out and reported: the person keeps her other keys. An account that is locked is nothing more than that.
 */
export function readAccount(
  reader: EntryReader,
  checks: AccountChecks,
  schema: DirectorySchema,
): ReadAccount | undefined {
  reader.refuseOptions([...accountAttributes, ...accountStateAttributes]);
  const name = reader.one('uid', schema.foldsNames ? folded(checks.accountName) : checks.accountName);
  const state = readAccountState(reader);
  if (state.kind === 'disabled' && name !== undefined) {
    const { attribute, reason } = state;
    return {
      kind: 'disabled',
      account: { dn: reader.dn, name, attribute, reason, ...readLastChange(reader) },
    };
  }
  const uid = reader.one('uidNumber', checks.personalId);
  const gid = reader.one('gidNumber', checks.personalId);
  const gecos = readGecos(reader, checks);
  const home = reader.one('homeDirectory', checks.home);
  const shell = reader.optional('loginShell', checks.shell);
  const refusedAttributes = reader.problems.length;
  const keys = readKeys(reader, checks.authorizedKey);
  if (refusedAttributes > 0 || name === undefined || uid === undefined) return undefined;
  if (gid === undefined || home === undefined) return undefined;
  if (state.kind === 'disabled') return undefined;
  const { end, start } = state;
  return {
    kind: 'enabled',
    account: {
      dn: reader.dn,
      name,
      uid,
      gid,
      gecos,
      home,
      shell,
      ...keys,
      ...(end === undefined ? {} : { notAfter: end.notAfter, notAfterFrom: end.attribute }),
      ...(Object.keys(schema.account).length === 0 ? {} : { attributeNames: schema.account }),
      ...readLastChange(reader),
    },
    start,
  };
}

/** Why the account may not be used now; undefined if it may. */
export function lockAt(now: number, read: ReadAccount): DisabledAccount | undefined {
  if (read.kind === 'disabled') return read.account;
  const { dn, name, notAfter, notAfterFrom, lastChange } = read.account;
  const locked = (attribute: string, says: string): DisabledAccount => ({
    dn,
    name,
    attribute,
    reason: `${attribute} ${says}`,
    ...(lastChange === undefined ? {} : { lastChange }),
  });
  if (notAfter !== undefined && notAfterFrom !== undefined && Date.parse(notAfter) <= now) {
    return locked(notAfterFrom, `is past: ${notAfter}`);
  }
  if (read.start === undefined || Date.parse(read.start) <= now) return undefined;
  return locked('pwdStartTime', `is to come: ${read.start}`);
}

function folded(check: Check<string>): Check<string> {
  return (text) => check(text.toLowerCase());
}

/** `gecos`, or the common name (RFC 2307, section 5.2). */
function readGecos(reader: EntryReader, checks: PosixChecks): string {
  const names = reader.many('cn', checks.commonName);
  if (reader.count('gecos') > 0) return reader.optional('gecos', checks.gecos) ?? '';
  // A server returns values in any order; the same one must be chosen every time.
  return [...names].sort()[0] ?? '';
}
