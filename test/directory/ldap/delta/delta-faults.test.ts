import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import type { Directory } from '../../../../server/directory/directory.ts';
import { ldap } from '../../../../server/directory/embedded/ldapjs.ts';
import type { Reading } from '../../../../server/directory/ldap/delta/entry-source.ts';
import { createLdapDirectory } from '../../../../server/directory/ldap/ldap-directory.ts';
import {
  type SearchFor,
  startVersionedLdap,
  type VersionedLdapServer,
} from '../../../harness/versioned-ldap-server.ts';

const validators = createValidators();
const signal = new AbortController().signal;
const hour = 3_600_000;
const dn = (name: string): string => `uid=${name},dc=example,dc=com`;

function person(id: number, change: Readonly<Record<string, string>> = {}) {
  return {
    objectClass: 'posixAccount',
    uid: `p${id}`,
    cn: `P${id}`,
    uidNumber: `${5000 + id}`,
    gidNumber: '6000',
    homeDirectory: `/home/p${id}`,
    entryUUID: `00000000-0000-4000-8000-00000000${1000 + id}`,
    modifyTimestamp: '20260101000000Z',
    entryCSN: '20260101000000.000000Z#000000#000#000000',
    ...change,
  };
}

/** Changed, with the marks of it. */
function changed(id: number, change: Readonly<Record<string, string>> = {}) {
  return person(id, {
    loginShell: '/bin/new',
    modifyTimestamp: '20260102000000Z',
    entryCSN: '20260102000000.000000Z#000000#000#000000',
    ...change,
  });
}

let server: VersionedLdapServer;
let directory: Directory;
let readings: Reading[];
let now: number;

beforeEach(async () => {
  server = await startVersionedLdap({
    [dn('p1')]: person(1),
    [dn('p2')]: person(2),
    [dn('p3')]: person(3),
  });
  readings = [];
  now = Date.parse('2026-06-01T00:00:00Z');
  directory = open(5000);
  await directory.fetchAll(signal);
});
afterEach(async () => {
  await directory.close();
  await server.stop();
});

function open(operationTimeoutMs: number): Directory {
  return createLdapDirectory({
    name: 'corp',
    url: server.url,
    bindDn: 'cn=reader',
    password: 'secret-word',
    baseDn: server.baseDn,
    pageSize: 100,
    minimumUid: 1000,
    connectTimeoutMs: 5000,
    operationTimeoutMs,
    validators,
    clock: { now: () => new Date(now) },
    onReading: (reading) => readings.push(reading),
  });
}

/** Shells by name, in a reading. */
async function shells(options?: {
  readonly fresh: boolean;
}): Promise<Readonly<Record<string, string | undefined>>> {
  const { accounts } = await directory.fetchAll(signal, options);
  return Object.fromEntries(accounts.map(({ name, shell }) => [name, shell]));
}

const unchanged = { p1: undefined, p2: undefined, p3: undefined };

test('what is asked for: changes by time, a sweep, the names; groups whole', async () => {
  server.searches.splice(0);
  server.entries.set(dn('p2'), changed(2));
  expect(await shells()).toEqual({ ...unchanged, p2: '/bin/new' });
  expect(readings.at(-1)).toEqual({ kind: 'delta', read: 1, removed: 0 });
  expect(server.searches.map(({ what }) => what).join(' ')).toBe(
    'base root schema changed sweep names all names changed sweep names changed sweep names',
  );
  // Numbered changes: the second after the newest.
  expect(server.searches[3]?.filter).toBe('(&(objectClass=posixAccount)(modifyTimestamp>=20260101000001Z))');
});

test('without numbers, ten minutes before the newest are read again', async () => {
  for (const id of [1, 2, 3]) server.entries.set(dn(`p${id}`), person(id, { entryCSN: '' }));
  for (const [name, { entryCSN: _none, ...rest }] of server.entries) server.entries.set(name, rest);
  await directory.fetchAll(signal, { fresh: true });
  server.searches.splice(0);
  // Within the second of the last change.
  server.entries.set(dn('p1'), { ...server.entries.get(dn('p1')), loginShell: '/bin/new' });
  expect(await shells()).toEqual({ ...unchanged, p1: '/bin/new' });
  expect(readings.at(-1)).toEqual({ kind: 'delta', read: 3, removed: 0 });
  expect(server.searches[3]?.filter).toContain('(modifyTimestamp>=20251231235000Z)');
});

test('Active Directory is searched by whenChanged', async () => {
  for (const id of [1, 2, 3]) {
    const { entryCSN: _csn, entryUUID, ...rest } = person(id);
    server.entries.set(dn(`p${id}`), {
      ...rest,
      objectGUID: entryUUID,
      whenChanged: '20260101000000.0Z',
      uSNChanged: '100',
    });
  }
  await directory.fetchAll(signal, { fresh: true });
  server.searches.splice(0);
  server.entries.set(dn('p1'), {
    ...server.entries.get(dn('p1')),
    uSNChanged: '101',
    loginShell: '/bin/new',
  });
  expect(await shells()).toEqual({ ...unchanged, p1: '/bin/new' });
  expect(server.searches[3]?.filter).toContain('(whenChanged>=20260101000001.0Z)');
  expect(readings.at(-1)).toEqual({ kind: 'delta', read: 1, removed: 0 });
});

describe('found by the sweep alone', () => {
  test('a change with an old time, as it comes from another server', async () => {
    const late = { modifyTimestamp: '20260101000000Z', entryCSN: '20260101000000.500000Z#000000#001#000000' };
    server.entries.set(dn('p2'), changed(2, late));
    expect(await shells()).toEqual({ ...unchanged, p2: '/bin/new' });
    expect(readings.at(-1)).toEqual({ kind: 'delta', read: 1, removed: 0 });
  });

  test('a lock without any mark', async () => {
    server.entries.set(dn('p2'), person(2, { nsAccountLock: 'TRUE' }));
    const { disabled } = await directory.fetchAll(signal);
    expect(disabled).toMatchObject([{ name: 'p2', reason: 'nsAccountLock is TRUE' }]);
    expect(readings.at(-1)?.kind).toBe('delta');
  });

  test('an entry that is gone, one with another name, and one that is new with an old time', async () => {
    server.entries.delete(dn('p1'));
    server.entries.delete(dn('p2'));
    server.entries.set(dn('other'), person(2));
    server.entries.set(dn('p4'), person(4));
    const { accounts } = await directory.fetchAll(signal);
    expect(accounts.map((account) => account.dn)).toEqual([dn('other'), dn('p3'), dn('p4')]);
    expect(readings.at(-1)).toEqual({ kind: 'delta', read: 2, removed: 1 });
  });
});

describe('a doubt reads everything', () => {
  const doubts: readonly (readonly [string, () => void, string])[] = [
    [
      'the schema changed',
      () => {
        server.schema = { modifyTimestamp: '20260301000000Z' };
      },
      'another',
    ],
    [
      'another base',
      () => {
        server.base = { ...server.base, entryUUID: 'x' };
      },
      'another',
    ],
    [
      'another server',
      () => {
        server.root = { ...server.root, dsServiceName: 'cn=dc2' };
      },
      'another',
    ],
    [
      'a server that does not tell who it is',
      () => {
        server.root = {};
      },
      'another',
    ],
    [
      'time',
      () => {
        now += hour;
      },
      'it is time',
    ],
    [
      'a clock that went back',
      () => {
        now -= 1000;
      },
      'the clock went back',
    ],
    [
      'an entry that went back in time',
      () => server.entries.set(dn('p2'), changed(2, { modifyTimestamp: '20250101000000Z' })),
      'gone back in time',
    ],
    [
      'two entries of one identifier',
      () => server.entries.set(dn('p4'), person(4, { entryUUID: person(1).entryUUID })),
      'one identifier',
    ],
    [
      'a search for times that the server does not do',
      () => {
        server.spoil = (what, _request, _response, next) => {
          if (what === 'changed') next(new ldap.UnwillingToPerformError('no'));
          return what === 'changed';
        };
      },
      'LDAP result 53',
    ],
    [
      'many that are not known',
      () => {
        for (let id = 100; id < 130; id += 1) server.entries.set(dn(`p${id}`), person(id));
      },
      '30 entries are not known',
    ],
  ];
  test.each(doubts)('%s', async (_name, spoil, why) => {
    server.entries.set(dn('p1'), changed(1));
    spoil();
    expect(await shells()).toMatchObject({ p1: '/bin/new' });
    expect(readings.at(-1)).toMatchObject({ kind: 'whole', why: expect.stringContaining(why) });
  });

  test('many that are gone', async () => {
    for (let id = 100; id < 130; id += 1) server.entries.set(dn(`p${id}`), person(id));
    await directory.fetchAll(signal, { fresh: true });
    for (let id = 100; id < 130; id += 1) server.entries.delete(dn(`p${id}`));
    expect(await shells()).toEqual(unchanged);
    expect(readings.at(-1)).toEqual({ kind: 'whole', why: '30 entries are gone' });
  });

  test('an entry without an identifier: every reading is whole', async () => {
    const { entryUUID: _none, ...rest } = person(1);
    server.entries.set(dn('p1'), rest);
    expect(await shells()).toEqual(unchanged);
    expect(await shells()).toEqual(unchanged);
    expect(readings.map(({ kind }) => kind)).toEqual(['whole', 'whole', 'whole']);
  });

  test('numbers of changes that went back', async () => {
    server.root = { ...server.root, highestCommittedUSN: '500' };
    await directory.fetchAll(signal, { fresh: true });
    await directory.fetchAll(signal);
    server.root = { ...server.root, highestCommittedUSN: '499' };
    await directory.fetchAll(signal);
    expect(readings.slice(-2)).toMatchObject([{ kind: 'delta' }, { why: 'the server was restored' }]);
  });

  test('and so does whoever asks for it', async () => {
    expect(await shells({ fresh: true })).toEqual(unchanged);
    expect(readings.at(-1)?.kind).toBe('whole');
  });
});

describe('a delta that fails', () => {
  /** Fails the first search of a kind, then lets all pass. */
  function failOnce(at: SearchFor, how: NonNullable<VersionedLdapServer['spoil']>): void {
    server.spoil = (what, ...search) => {
      if (what !== at) return false;
      server.spoil = undefined;
      return how(what, ...search);
    };
  }

  test.each<SearchFor>(['root', 'schema', 'changed', 'sweep', 'names', 'all'])(
    'for a connection that breaks at the search for %s leaves what was read before',
    async (at) => {
      server.entries.set(dn('p1'), changed(1));
      failOnce(at, (_what, request) => {
        request.connection.destroy();
        return true;
      });
      await expect(shells()).rejects.toMatchObject({ code: 'directory-unavailable' });
      expect(await shells()).toEqual({ ...unchanged, p1: '/bin/new' });
      expect(readings.map(({ kind }) => kind)).toEqual(['whole', 'delta']);
    },
  );

  test('for a server that hangs leaves what was read before', async () => {
    const impatient = open(500);
    await impatient.fetchAll(signal);
    failOnce('changed', () => true);
    await expect(impatient.fetchAll(signal)).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining('did not answer in time'),
    });
    await impatient.fetchAll(signal);
    expect(readings.slice(1).map(({ kind }) => kind)).toEqual(['whole', 'delta']);
  });

  test('for one that the caller gives up on leaves what was read before', async () => {
    const controller = new AbortController();
    failOnce('sweep', () => {
      controller.abort();
      return true;
    });
    await expect(directory.fetchAll(controller.signal)).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining('the reading was stopped'),
    });
    await shells();
    expect(readings.map(({ kind }) => kind)).toEqual(['whole', 'delta']);
  });

  test('a sweep that the server cuts short is no reading', async () => {
    server.spoil = (what, _request, response, next) => {
      if (what !== 'sweep' && what !== 'all') return false;
      response.end();
      next();
      return true;
    };
    await expect(shells()).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining('changed while they were read, or the server left some out'),
    });
    server.spoil = undefined;
    expect(await shells()).toEqual(unchanged);
  });
});
