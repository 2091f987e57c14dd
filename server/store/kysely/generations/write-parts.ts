import type { Insertable, Transaction } from 'kysely';
import type { GuestPart, IdentityPart } from '../../../domain/compose/composition.ts';
import { chunks } from '../bulk-write.ts';
import { packJson } from '../encoding/packed-json.ts';
import type { PartTable, Tables } from '../tables.ts';
import type { StoredIdentity } from './stored-identity.ts';

const keysAStatement = 1000;
const partsAStatement = 10;

/**
 * Inserts the parts that are not there yet, identities as names of their accounts, which are parts too. Which ones are
 * there is asked each time, a query of a millisecond for hundreds, and never remembered: what another transaction wrote
 * may have been rolled back, or lost in a failover.
 * In order of key, so that two transactions that insert the same parts never wait for each other in a circle.
 */
export async function writeParts(
  transaction: Transaction<Tables>,
  identities: ReadonlyMap<string, IdentityPart>,
  parts: ReadonlyMap<string, GuestPart<unknown>>,
): Promise<void> {
  const newIdentities = await missing(transaction, identities);
  // An identity that is there has its accounts there: they were committed together.
  const accounts = new Map<string, GuestPart<unknown>>();
  for (const identity of newIdentities)
    for (const account of identity.accounts) accounts.set(account.key, account);
  const newParts = await missing(transaction, new Map([...parts, ...accounts]));
  const rows = [...newIdentities.map(identityRow), ...newParts.map(partRow)];
  rows.sort((left, right) => (left.key < right.key ? -1 : 1));
  for (const chunk of chunks(rows, partsAStatement)) {
    await transaction
      .insertInto('parts')
      .values(chunk)
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
  }
}

async function missing<Part>(
  transaction: Transaction<Tables>,
  parts: ReadonlyMap<string, Part>,
): Promise<readonly Part[]> {
  const absent = new Map(parts);
  for (const keys of chunks([...parts.keys()], keysAStatement)) {
    const present = await transaction.selectFrom('parts').select('key').where('key', 'in', keys).execute();
    for (const { key } of present) absent.delete(key);
  }
  return [...absent.values()];
}

function partRow({ key, sha256, value, sources }: GuestPart<unknown>): Insertable<PartTable> {
  return { key, sha256, value: packJson(value), sources: packJson(sources) };
}

function identityRow({ key, sha256, value, accounts, groupSources }: IdentityPart): Insertable<PartTable> {
  const stored: StoredIdentity = { groups: value.groups, accounts: accounts.map((account) => account.key) };
  return { key, sha256, value: packJson(stored), sources: packJson(groupSources) };
}
