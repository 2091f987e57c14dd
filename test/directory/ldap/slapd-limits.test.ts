import { afterEach, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import type { Reading } from '../../../server/directory/ldap/delta/entry-source.ts';
import {
  createLdapDirectory,
  type LdapDirectoryOptions,
} from '../../../server/directory/ldap/ldap-directory.ts';
import { type SlapdServer, startSlapd } from '../../harness/slapd-server.ts';

const baseDn = 'dc=example,dc=com';
const validators = createValidators();
const signal = new AbortController().signal;
const root = `dn: ${baseDn}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`;
const people = Array.from(
  { length: 50 },
  (_, index) => `
dn: uid=p${index},${baseDn}
objectClass: account
objectClass: posixAccount
uid: p${index}
cn: P
uidNumber: ${5000 + index}
gidNumber: 5000
homeDirectory: /home/p${index}
`,
).join('');
let server: SlapdServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(database: string, extra = ''): Promise<SlapdServer> {
  server = await startSlapd({ baseDn, ldif: `${root}${people}${extra}`, database });
  return server;
}

function directory(on: SlapdServer, options: Partial<LdapDirectoryOptions> = {}) {
  return createLdapDirectory({
    name: 'corp',
    url: on.url,
    ca: on.ca,
    bindDn: on.bindDn,
    password: on.password,
    baseDn,
    connectTimeoutMs: 3000,
    operationTimeoutMs: 10_000,
    pageSize: 500,
    minimumUid: 1000,
    validators,
    ...options,
  });
}

test.each(['sizelimit 10', 'sizelimit size.soft=unlimited size.hard=unlimited size.prtotal=10'])(
  'a server with `%s` gives no part',
  async (database) => {
    const on = await start(database);
    const expected = { code: 'directory-unavailable', message: expect.stringContaining('size limit') };
    await expect(directory(on).fetchAll(signal)).rejects.toMatchObject(expected);
    await expect(directory(on, { pageSize: 5 }).fetchAll(signal)).rejects.toMatchObject(expected);
  },
);

test('pages reach beyond a size limit that is for one answer only', async () => {
  const on = await start('sizelimit size.soft=10 size.hard=10 size.prtotal=unlimited');
  expect((await directory(on, { pageSize: 5 }).fetchAll(signal)).accounts).toHaveLength(50);
});

test('entries that divide evenly into pages are all there', async () => {
  const on = await start('sizelimit unlimited');
  expect((await directory(on, { pageSize: 10 }).fetchAll(signal)).accounts).toHaveLength(50);
});

test('a referral is not followed', async () => {
  const on = await start(
    'sizelimit unlimited',
    `\ndn: ou=elsewhere,${baseDn}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:9/ou=elsewhere,${baseDn}\n`,
  );
  await expect(directory(on).fetchAll(signal)).rejects.toMatchObject({
    code: 'directory-unavailable',
    message: expect.stringContaining('refers to another server'),
  });
  // At the root of a domain, Active Directory always refers to its other parts: it is asked not to.
  expect((await directory(on, { schema: 'ad' }).fetchAll(signal)).rejected).toEqual([]);
  const elsewhere = {
    groupsBaseDn: `ou=elsewhere,${baseDn}`,
    accountsBaseDn: `uid=p1,${baseDn}`,
    sudoersBaseDn: `uid=p1,${baseDn}`,
  };
  await expect(directory(on, elsewhere).fetchAll(signal)).rejects.toMatchObject({
    code: 'directory-unavailable',
  });
});

test('a delta beyond the size limit, or that meets a referral, is no part, and the next one is told from what was there', async () => {
  const on = await start('sizelimit size.soft=unlimited size.hard=unlimited size.prtotal=55');
  const readings: Reading[] = [];
  const reader = directory(on, { onReading: (reading) => readings.push(reading) });
  await reader.fetchAll(signal);
  const newcomers = Array.from({ length: 10 }, (_, index) => `uid=n${index},${baseDn}`);
  const changes = (kind: string, lines: string): string =>
    newcomers.map((dn) => `dn: ${dn}\nchangetype: ${kind}\n${lines}`).join('\n');
  const person =
    'objectClass: account\nobjectClass: posixAccount\ncn: N\nuidNumber: 6000\ngidNumber: 5000\nhomeDirectory: /home/n\n';
  await on.modify(changes('add', person));
  await expect(reader.fetchAll(signal)).rejects.toMatchObject({
    code: 'directory-unavailable',
    message: expect.stringContaining('size limit'),
  });
  await on.modify(changes('delete', ''));
  expect((await reader.fetchAll(signal)).accounts).toHaveLength(50);

  await on.modify(
    `dn: ou=elsewhere,${baseDn}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:9/ou=elsewhere,${baseDn}\n`,
  );
  await expect(reader.fetchAll(signal)).rejects.toMatchObject({
    code: 'directory-unavailable',
    message: expect.stringContaining('refers to another server'),
  });
  // ManageDsaIT (RFC 3296): the referral itself is meant.
  await on.modify(`dn: ou=elsewhere,${baseDn}\ncontrol: 2.16.840.1.113730.3.4.2 true\nchangetype: delete\n`);
  expect((await reader.fetchAll(signal)).accounts).toHaveLength(50);
  expect(readings.map(({ kind }) => kind)).toEqual(['whole', 'delta', 'delta']);
});

test('a wrong password, a base that is not there, and a base that is hidden', async () => {
  const on = await start('sizelimit unlimited');
  const reading = (options: Partial<LdapDirectoryOptions>): Promise<unknown> =>
    directory(on, options).fetchAll(signal);
  await expect(reading({ password: 'wrong' })).rejects.toThrow('refused the bind DN or the password');
  await expect(reading({ sudoersBaseDn: `ou=nowhere,${baseDn}` })).rejects.toThrow(
    `search below ou=nowhere,${baseDn}: the server has no such entry, or hides it from this account`,
  );
  // Anonymous may see nothing here; that is no empty directory.
  await expect(reading({ bindDn: undefined, password: undefined })).rejects.toMatchObject({
    code: 'directory-unavailable',
  });
});
