import type { DirectoryEntry } from '../entries/entry.ts';
import { LdapFailure } from './failure.ts';
import { toEntry } from './ldap-entry.ts';
import type { LdapSession } from './session.ts';

/** Values of one attribute that are read. */
const valueLimit = 1_000_000;
const option = /^([a-z][a-z0-9-]*);range=\d+-(?:\d+|\*)$/;
const changeStamp = 'modifyTimestamp';

/** Attributes of which the server gave a range only ([MS-ADTS], section 3.1.1.3.1.3.3), in lower case. */
export function rangedAttributes(entry: DirectoryEntry): readonly string[] {
  return [...entry.attributes.keys()].flatMap((name) => option.exec(name)?.[1] ?? []);
}

/** The entry with all values of these attributes, read range by range. Fails if the entry changes meanwhile. */
export async function withWholeValues(
  session: LdapSession,
  entry: DirectoryEntry,
  names: readonly string[],
): Promise<DirectoryEntry> {
  const attributes = new Map(
    [...entry.attributes].filter(([name]) => !names.includes(option.exec(name)?.[1] ?? '')),
  );
  let stamp: string | undefined;
  for (const name of names) {
    const values: Uint8Array[] = [];
    for (let more = true; more; ) {
      const range = await readRange(session, entry.dn, name, values.length);
      if (values.length > 0 && range.stamp !== stamp) {
        throw partial(entry.dn, 'the entry changed while it was read');
      }
      stamp = range.stamp;
      values.push(...range.values);
      more = !range.isLast;
      if (values.length > valueLimit) throw partial(entry.dn, `it has more than ${valueLimit} values`);
    }
    attributes.set(name, values);
  }
  return { dn: entry.dn, attributes };
}

interface Range {
  readonly values: readonly Uint8Array[];
  readonly isLast: boolean;
  readonly stamp: string | undefined;
}

async function readRange(session: LdapSession, dn: string, name: string, from: number): Promise<Range> {
  const answers: DirectoryEntry[] = [];
  const search = {
    base: dn,
    scope: 'base',
    filter: '(objectClass=*)',
    attributes: [`${name};range=${from}-*`, changeStamp],
    pageSize: 2,
  } as const;
  for await (const page of session.pages(search)) answers.push(...page.map(toEntry));
  const [answer, ...others] = answers;
  if (answer === undefined || others.length > 0) throw partial(dn, 'the entry is gone');
  const [stamp] = answer.attributes.get(changeStamp.toLowerCase()) ?? [];
  for (const [key, values] of answer.attributes) {
    const [match, last] = new RegExp(`^${name};range=${from}-(\\d+|\\*)$`).exec(key) ?? [];
    if (match === undefined) continue;
    return {
      values,
      isLast: last === '*',
      stamp: stamp === undefined ? undefined : Buffer.from(stamp).toString('latin1'),
    };
  }
  throw partial(dn, 'the server does not give the rest');
}

function partial(dn: string, why: string): LdapFailure {
  return new LdapFailure(
    `the server gave a part of the values of an attribute of ${dn}, and ${why}`,
    'try again, or raise its limit of values (MaxValRange)',
  );
}
