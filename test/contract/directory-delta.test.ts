import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import type { Directory, DirectorySnapshot } from '../../server/directory/directory.ts';
import type { Reading } from '../../server/directory/ldap/delta/entry-source.ts';
import { createLdapDirectory } from '../../server/directory/ldap/ldap-directory.ts';
import { type ChangingCompany, changingCompany, choiceBySeed } from '../harness/changing-company.ts';
import { type SlapdOptions, type SlapdServer, startSlapd } from '../harness/slapd-server.ts';
import { ed25519Line } from '../harness/ssh-keys.ts';

const validators = createValidators();
const signal = new AbortController().signal;
const key = (): string => ed25519Line('key');
/** Without them marks of change are to the second only. */
const unnumbered = 'sizelimit unlimited\naccess to attrs=entryCSN by * none';
const longAgo = ['createTimestamp', 'modifyTimestamp'].map((name) => `${name}: 20200101000000Z`);
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Site {
  readonly server: SlapdServer;
  readonly directory: Directory;
  /** How each reading of `directory` was made. */
  readonly readings: readonly Reading[];
  /** Fails unless `directory` gives what a fresh reading gives. */
  compare(): Promise<DirectorySnapshot>;
}

async function start(company: ChangingCompany, options: Partial<SlapdOptions> = {}): Promise<Site> {
  const server = await startSlapd({
    baseDn: company.baseDn,
    ldif: company.ldif,
    schema: 'rfc2307bis',
    ...options,
  });
  stops.push(() => server.stop());
  const readings: Reading[] = [];
  const open = (wholeReadingMs?: number): Directory =>
    createLdapDirectory({
      name: 'corp',
      url: server.url,
      ca: server.ca,
      bindDn: server.bindDn,
      password: server.password,
      baseDn: company.baseDn,
      schema: 'rfc2307bis',
      connectTimeoutMs: 3000,
      operationTimeoutMs: 20_000,
      pageSize: 500,
      minimumUid: 1000,
      validators,
      wholeReadingMs,
      onReading: wholeReadingMs === 0 ? undefined : (reading) => readings.push(reading),
    });
  const directory = open();
  const always = open(0);
  return {
    server,
    directory,
    readings,
    async compare() {
      const told = await directory.fetchAll(signal);
      const whole = await always.fetchAll(signal);
      // Faster than a comparison that can show the difference.
      if (!isDeepStrictEqual(told, whole)) expect(told).toEqual(whole);
      return told;
    },
  };
}

test.each([
  ['numbers changes', 1, undefined],
  ['numbers changes', 2, undefined],
  ['tells the second of a change only', 3, unnumbered],
  ['tells the second of a change only', 4, unnumbered],
])(
  'a reading told from the one before is that of a fresh reader: a server that %s, seed %d',
  async (_name, seed, database) => {
    const choice = choiceBySeed(seed);
    const company = changingCompany({ people: 200, groups: 20, roles: 10 }, choice, key, longAgo);
    const site = await start(company, database === undefined ? {} : { database });
    await site.compare();
    for (let step = 0; step < 30; step += 1) {
      await site.server.modify(company.change(1 + choice.number(6)));
      await site.compare();
    }
    expect(site.readings.filter(({ kind }) => kind === 'delta').length).toBeGreaterThan(15);
  },
  120_000,
);

test('5,000 people: what changed is read again, and nothing else', async () => {
  const choice = choiceBySeed(5);
  const company = changingCompany({ people: 5000, groups: 300, roles: 200 }, choice, key, longAgo);
  const site = await start(company);
  const { accounts, groups, sudoRoles, rejected } = await site.compare();
  expect([accounts.length, groups.length, sudoRoles.length, rejected]).toEqual([5000, 301, 200, []]);
  expect(groups.find(({ name }) => name === 'everyone')?.members).toHaveLength(5000);

  await site.compare();
  const { hire, leave, shell, rename, renameUnit, renameRole, lock } = company.changes;
  const steps = [
    ['an account changed', shell, { kind: 'delta', read: 1, removed: 0 }],
    ['an account locked', lock, { kind: 'delta', read: 1, removed: 0 }],
    ['somebody came', hire, { kind: 'delta', read: 1, removed: 0 }],
    ['somebody left', leave, { kind: 'delta', read: 0, removed: 1 }],
    ['somebody has another name', rename, { kind: 'delta', read: 1, removed: 0 }],
    ['a role has another name', renameRole, { kind: 'delta', read: 1, removed: 0 }],
    ['a unit of twenty has another name', renameUnit, { kind: 'delta' }],
  ] as const;
  for (const [name, change, reading] of steps) {
    await site.server.modify(change());
    await site.compare();
    expect({ name, reading: site.readings.at(-1) }).toMatchObject({ name, reading });
  }
  await site.compare();
  expect(site.readings.at(-1)).toEqual({ kind: 'delta', read: 0, removed: 0 });
  expect(site.readings.filter(({ kind }) => kind === 'whole')).toHaveLength(1);
}, 120_000);

test('changes within one second, of which the server tells the second only', async () => {
  const company = changingCompany({ people: 20, groups: 2, roles: 2 }, choiceBySeed(10), key, longAgo);
  const site = await start(company, { database: unnumbered });
  await site.compare();
  for (let step = 0; step < 10; step += 1) {
    await site.server.modify(
      `dn: uid=p0,ou=unit0,ou=people,${company.baseDn}\nchangetype: modify\nreplace: loginShell\nloginShell: /bin/sh${step}\n`,
    );
    const { accounts } = await site.compare();
    expect(accounts.find(({ name }) => name === 'p0')?.shell).toBe(`/bin/sh${step}`);
  }
  // At first all entries are as new as each other, and read again with the overlap.
  expect(site.readings[1]).toMatchObject({ kind: 'delta', removed: 0 });
  expect(site.readings.slice(2)).toEqual(
    Array.from({ length: 9 }, () => ({ kind: 'delta', read: 1, removed: 0 })),
  );
}, 60_000);

test('members that the server corrects without a mark of change', async () => {
  const choice = choiceBySeed(6);
  const company = changingCompany({ people: 40, groups: 4, roles: 2 }, choice, key);
  const overlays = 'overlay refint\nrefint_attributes member';
  const site = await start(company, { overlays });
  const before = await site.compare();
  const everyone = ({ groups }: DirectorySnapshot): number | undefined =>
    groups.find(({ name }) => name === 'everyone')?.members.length;
  expect(everyone(before)).toBe(40);
  await site.server.modify(company.changes.rename());
  // Integrity comes a moment after the answer.
  await expect
    .poll(async () => everyone(await site.directory.fetchAll(signal)), { timeout: 20_000 })
    .toBe(40);
  await site.compare();
  expect(new Set(site.readings.slice(1).map(({ kind }) => kind))).toEqual(new Set(['delta']));
}, 60_000);

test('a server that was started anew, on the same content or another', async () => {
  const company = changingCompany({ people: 40, groups: 4, roles: 2 }, choiceBySeed(7), key, longAgo);
  const other = changingCompany({ people: 30, groups: 2, roles: 2 }, choiceBySeed(8), key, longAgo);
  const site = await start(company);
  await site.compare();
  await site.server.restart(other.ldif);
  expect((await site.compare()).accounts).toHaveLength(30);
  await site.server.restart(company.ldif);
  expect((await site.compare()).accounts).toHaveLength(40);
  expect(site.readings.map(({ kind }) => kind)).toEqual(['whole', 'whole', 'whole']);
  await site.server.modify(company.changes.shell());
  await site.compare();
  expect(site.readings.at(-1)).toMatchObject({ kind: 'delta', read: 1 });
}, 60_000);

test('a reading that fails leaves what was read before', async () => {
  const company = changingCompany({ people: 40, groups: 4, roles: 2 }, choiceBySeed(9), key, longAgo);
  const site = await start(company);
  await site.compare();
  await expect(site.directory.fetchAll(AbortSignal.abort())).rejects.toMatchObject({
    code: 'directory-unavailable',
  });
  await site.server.modify(company.changes.leave());
  expect((await site.compare()).accounts).toHaveLength(39);
  expect(site.readings.at(-1)).toEqual({ kind: 'delta', read: 0, removed: 1 });
}, 60_000);
