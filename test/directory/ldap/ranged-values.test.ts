import { afterEach, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { type LdapJsSearchResponse, ldap } from '../../../server/directory/embedded/ldapjs.ts';
import { createLdapDirectory } from '../../../server/directory/ldap/ldap-directory.ts';
import { type FaultyLdapServer, startFaultyLdap } from '../../harness/faulty-ldap-server.ts';

const validators = createValidators();
const baseDn = 'dc=example,dc=com';
const groupDn = `cn=everyone,${baseDn}`;
const names = Array.from({ length: 4000 }, (_, index) => `p${index}`);
/** As many values as Active Directory gives at once. */
const largestRange = 1500;
let server: FaultyLdapServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

function send(
  response: LdapJsSearchResponse,
  dn: string,
  attributes: Readonly<Record<string, readonly string[]>>,
): void {
  response.send(
    response.createSearchEntry({
      objectName: ldap.parseDN(dn),
      attributes: Object.entries(attributes).map(
        ([type, values]) => new ldap.Attribute({ type, values: values.map((value) => Buffer.from(value)) }),
      ),
    }),
  );
}

/** A server as Active Directory is, with one group; `spoil` may change the answer to the range that begins there. */
async function ranging(
  spoil: (from: number, answer: Record<string, readonly string[]>) => void = () => undefined,
) {
  server = await startFaultyLdap({
    search: (request, response, next) => {
      const from = request.attributes
        .map((attribute) => /^memberuid;range=(\d+)-\*$/i.exec(attribute)?.[1])
        .find((start) => start !== undefined);
      const asksForMembers = request.attributes.some((attribute) => /^memberuid/i.test(attribute));
      if (request.scope === 0 && from === undefined) send(response, baseDn, {});
      else if (from !== undefined || request.filter.matches({ objectclass: ['posixGroup'] }, false)) {
        const start = Number(from ?? 0);
        const end = start + largestRange;
        const last = end >= names.length ? '*' : String(end - 1);
        const answer: Record<string, readonly string[]> = {
          cn: ['everyone'],
          gidNumber: ['6000'],
          modifyTimestamp: ['20260101000000Z'],
          ...(asksForMembers ? { [`memberUid;range=${start}-${last}`]: names.slice(start, end) } : {}),
        };
        if (from !== undefined) spoil(start, answer);
        send(response, groupDn, answer);
      }
      response.end();
      next();
    },
  });
  return createLdapDirectory({
    name: 'corp',
    url: server.url,
    bindDn: 'cn=reader',
    password: 'secret-word',
    baseDn,
    pageSize: 100,
    minimumUid: 1000,
    connectTimeoutMs: 5000,
    operationTimeoutMs: 5000,
    validators,
  }).fetchAll(new AbortController().signal);
}

test('values that come in ranges are all there', async () => {
  const { groups, rejected } = await ranging();
  expect(rejected).toEqual([]);
  expect(groups).toMatchObject([{ name: 'everyone', members: names.toSorted() }]);
});

test.each<[string, Parameters<typeof ranging>[0], string]>([
  [
    'the entry changes between two ranges',
    (from, answer) => {
      if (from > 0) answer['modifyTimestamp'] = ['20260101000001Z'];
    },
    'changed while it was read',
  ],
  [
    'a range is missing',
    (from, answer) => {
      if (from > 0) delete answer[`memberUid;range=${from}-${from + largestRange - 1}`];
    },
    'does not give the rest',
  ],
  [
    'a range begins elsewhere',
    (from, answer) => {
      delete answer[`memberUid;range=${from}-${from + largestRange - 1}`];
      answer['memberUid;range=7-*'] = ['p1'];
    },
    'does not give the rest',
  ],
  [
    'a range is empty',
    (from, answer) => {
      answer[`memberUid;range=${from}-${from + largestRange - 1}`] = [];
    },
    'does not give the rest',
  ],
])('a reading fails where %s', async (_name, spoil, message) => {
  await expect(ranging(spoil)).rejects.toMatchObject({
    code: 'directory-unavailable',
    message: expect.stringContaining(message),
  });
});
