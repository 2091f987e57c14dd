import { ResultCodeError } from 'ldapts';
import { identifierAttributes } from '../../entries/attributes.ts';
import type { DirectoryEntry } from '../../entries/entry.ts';
import { readBase } from '../entry-set.ts';
import { LdapFailure } from '../failure.ts';
import { toEntry } from '../ldap-entry.ts';
import type { LdapSession } from '../session.ts';

/** What must stay as it is for anything read before to count. */
export interface ServerState {
  /** Which server, software, schema and base entries. */
  readonly fingerprint: string;
  /** The newest number of a change that the server has given (Active Directory); it never goes back. */
  readonly changeNumber: bigint | undefined;
}

/** Of the root DSE (RFC 4512, section 5.1; [MS-ADTS], section 3.1.1.3.2). */
const rootAttributes = [
  'namingContexts',
  'subschemaSubentry',
  'vendorName',
  'vendorVersion',
  'dsServiceName',
  'highestCommittedUSN',
];
const schemaAttributes = ['modifyTimestamp', 'whenChanged', 'nsSchemaCSN'];
const baseAttributes = [...identifierAttributes, 'createTimestamp'];

/**
 * The state of the server and the bases; undefined where it does not tell who it is. Fails if a base is not there.
 * OpenLDAP's schema has the time of the server's start, so that a server that was started anew counts as another.
 */
export async function readServerState(
  session: LdapSession,
  bases: readonly string[],
): Promise<ServerState | undefined> {
  const found: [string, string][] = [];
  for (const base of bases) {
    found.push([base, describe(await readBase(session, base, baseAttributes), baseAttributes)]);
  }
  const root = await readIfShown(session, '', '(objectClass=*)', rootAttributes);
  const [schemaName] = root === undefined ? [] : valuesOf(root, 'subschemaSubentry');
  if (root === undefined || schemaName === undefined) return undefined;
  const schema = await readIfShown(session, schemaName, '(objectClass=subschema)', schemaAttributes);
  const [highest] = valuesOf(root, 'highestCommittedUSN');
  const steady = rootAttributes.filter((name) => name !== 'highestCommittedUSN');
  return {
    fingerprint: JSON.stringify([
      found,
      describe(root, steady),
      schema === undefined ? null : describe(schema, schemaAttributes),
    ]),
    changeNumber: highest !== undefined && /^\d{1,20}$/.test(highest) ? BigInt(highest) : undefined,
  };
}

/** Undefined if the server does not show it. */
async function readIfShown(
  session: LdapSession,
  base: string,
  filter: string,
  attributes: readonly string[],
): Promise<DirectoryEntry | undefined> {
  const found: DirectoryEntry[] = [];
  try {
    for await (const page of session.pages({ base, scope: 'base', filter, attributes })) {
      found.push(...page.map(toEntry));
    }
  } catch (error) {
    if (error instanceof LdapFailure && error.cause instanceof ResultCodeError) return undefined;
    throw error;
  }
  return found.length === 1 ? found[0] : undefined;
}

function describe(entry: DirectoryEntry, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => valuesOf(entry, name).toSorted()));
}

function valuesOf(entry: DirectoryEntry, name: string): readonly string[] {
  const values = entry.attributes.get(name.toLowerCase()) ?? [];
  return values.map((bytes) => Buffer.from(bytes).toString('latin1'));
}
