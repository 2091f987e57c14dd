import { ldap } from '../../server/directory/embedded/ldapjs.ts';
import { type FaultyLdapServer, type FaultySearch, startFaultyLdap } from './faulty-ldap-server.ts';

/** Attributes by name, one value each. */
type Attributes = Readonly<Record<string, string>>;

/** What a search is for, as a directory adapter asks. */
export type SearchFor = 'root' | 'schema' | 'base' | 'changed' | 'sweep' | 'names' | 'entry' | 'all';

/** A search as the stand-in saw it. */
export interface SeenSearch {
  readonly what: SearchFor;
  readonly filter: string;
}

/** A directory with marks of change on plain ldap://, whose every attribute can be changed and every search spoilt. */
export interface VersionedLdapServer extends FaultyLdapServer {
  readonly baseDn: string;
  /** The root DSE, the schema and the base entry. */
  root: Attributes;
  schema: Attributes;
  base: Attributes;
  /** Below the base, by DN. */
  readonly entries: Map<string, Attributes>;
  /** Answers a search itself if it returns true. */
  spoil: ((what: SearchFor, ...search: Parameters<FaultySearch>) => boolean) | undefined;
  readonly searches: SeenSearch[];
}

/** Starts it with the given entries. Answers come in one page. */
export async function startVersionedLdap(
  entries: Readonly<Record<string, Attributes>>,
): Promise<VersionedLdapServer> {
  const baseDn = 'dc=example,dc=com';
  const schemaDn = 'cn=Subschema';
  const searches: SeenSearch[] = [];
  const state = {
    root: { namingContexts: baseDn, subschemaSubentry: schemaDn } as Attributes,
    schema: { modifyTimestamp: '20260101000000Z' } as Attributes,
    base: { entryUUID: '00000000-0000-4000-8000-000000000000', objectClass: 'dcObject' } as Attributes,
    entries: new Map(Object.entries(entries)),
    spoil: undefined as VersionedLdapServer['spoil'],
  };

  const search: FaultySearch = (request, response, next, count) => {
    const name = request.baseObject.toString();
    const filter = request.filter.toString();
    const what = purpose(name, filter, request.scope, request.attributes);
    searches.push({ what, filter });
    if (state.spoil?.(what, request, response, next, count) === true) return;
    const send = (dn: string, attributes: Attributes): void => {
      const asked = new Set(request.attributes.map((attribute) => attribute.toLowerCase()));
      response.send(
        response.createSearchEntry({
          objectName: ldap.parseDN(dn),
          attributes: Object.entries(attributes)
            .filter(([type]) => asked.has(type.toLowerCase()))
            .map(([type, value]) => new ldap.Attribute({ type, values: [Buffer.from(value)] })),
        }),
      );
    };
    if (what === 'root') send('', state.root);
    else if (what === 'schema') send(schemaDn, state.schema);
    else if (what === 'base') send(baseDn, state.base);
    else {
      for (const [dn, attributes] of state.entries) {
        const inScope = request.scope === 2 || sameDn(dn, name);
        const texts = Object.fromEntries(
          Object.entries(attributes).map(([type, value]) => [type.toLowerCase(), [value]]),
        );
        if (inScope && request.filter.matches(texts, false)) send(dn, attributes);
      }
    }
    response.end();
    next();
  };
  const server = await startFaultyLdap({ search });
  return Object.assign(state, { ...server, baseDn, searches });
}

function sameDn(one: string, other: string): boolean {
  return ldap.parseDN(one).toString() === ldap.parseDN(other).toString();
}

function purpose(name: string, filter: string, scope: number, attributes: readonly string[]): SearchFor {
  if (scope === 0) {
    if (name === '') return 'root';
    if (/^cn=subschema$/i.test(name)) return 'schema';
    return attributes.includes('uidNumber') || attributes.includes('sudoUser') ? 'entry' : 'base';
  }
  if (filter.includes('>=')) return 'changed';
  if (attributes.includes('1.1')) return 'names';
  return attributes.includes('cn') ? 'all' : 'sweep';
}
