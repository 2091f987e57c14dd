import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { entryOf } from '../../harness/directory-entry.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { ed25519Line } from '../../harness/ssh-keys.ts';

const validators = createValidators();
const map = createEntryMapping({ source: 'corp', clock: systemClock, minimumUid: 1000, validators });

const alice = {
  uid: 'alice',
  cn: 'Alice Aoki',
  uidNumber: '5001',
  gidNumber: '6000',
  homeDirectory: '/home/alice',
  loginShell: '/bin/bash',
  sshPublicKey: ed25519Line(),
};
const bob = { ...alice, uid: 'bob', uidNumber: '5002', homeDirectory: '/home/bob' };
const group = { cn: 'everyone', gidNumber: '6000', memberUid: ['alice', 'bob'] };

function accounts(...list: readonly Parameters<typeof entryOf>[1][]) {
  const entries = list.map((attributes, index) => entryOf(`uid=entry${index},dc=x`, attributes));
  const { accounts: good, rejected } = map({ accounts: entries, groups: [], sudoRoles: [] });
  return { names: good.map(({ name }) => name), good, rejected };
}

describe('accounts', () => {
  test('one is refused for each attribute that is not allowed, and the others come through', () => {
    const spoilt: Readonly<Record<string, readonly string[]>> = {
      uid: ['', 'Alice', 'root', 'sshd', 'a'.repeat(33), '-x', '1000', 'a b', 'nobody'],
      uidNumber: [
        '',
        '0',
        '999',
        '65534',
        '65535',
        '4294967295',
        '99999999999',
        '-1',
        '5e3',
        '0x1000',
        ' 5001',
        '05001',
      ],
      gidNumber: ['', '0', '27', '65534'],
      homeDirectory: [
        '',
        '/',
        'home/x',
        '/root',
        '/root/x',
        '/etc',
        '/tmp/x',
        '/home',
        '/home/a b',
        '/home//x',
        '/home/..',
        '/home/x:',
        '/var/lib',
      ],
      loginShell: ['', 'bash', '/bin/sh -c id', '/bin/../sh'],
      gecos: ['a:b', 'a,b', 'a\nb'],
    };
    for (const [attribute, values] of Object.entries(spoilt)) {
      for (const value of values) {
        const { names, rejected } = accounts({ ...alice, [attribute]: value }, bob);
        expect([attribute, value, names]).toEqual([attribute, value, ['bob']]);
        expect(rejected).toMatchObject([{ record: 'uid=entry0,dc=x', field: attribute, source: 'corp' }]);
      }
    }
  });

  test('no attribute that must be there may be missing or be there twice', () => {
    for (const attribute of ['uid', 'uidNumber', 'gidNumber', 'homeDirectory'] as const) {
      for (const value of [[], [alice[attribute], bob[attribute]]]) {
        expect(accounts({ ...alice, [attribute]: value }, { ...bob, uid: 'carol' }).names).toEqual(['carol']);
      }
    }
  });

  test('a name, number or home that several have is nobody’s', () => {
    expect(accounts(alice, { ...bob, uid: 'alice' }).names).toEqual([]);
    expect(accounts(alice, { ...bob, uidNumber: '5001' }).names).toEqual([]);
    const { names, rejected } = accounts(alice, { ...bob, homeDirectory: '/home/alice' });
    expect(names).toEqual([]);
    expect(rejected.map(({ field }) => field)).toEqual(['homeDirectory', 'homeDirectory']);
  });

  test('a home in the home of another is refused, the other is not', () => {
    const { names, rejected } = accounts(alice, { ...bob, homeDirectory: '/home/alice/.ssh/x' });
    expect(names).toEqual(['alice']);
    expect(rejected).toMatchObject([
      { record: 'uid=entry1,dc=x', message: 'lies in the home of uid=entry0,dc=x' },
    ]);
  });

  test('a bad key is left out alone', () => {
    const { good, rejected } = accounts({
      ...alice,
      sshPublicKey: [`command="id" ${alice.sshPublicKey}`, alice.sshPublicKey],
    });
    expect(good[0]?.keys).toHaveLength(1);
    expect(rejected).toMatchObject([
      { field: 'sshPublicKey', message: expect.stringContaining('value 1 of 2') },
    ]);
  });

  test('keys come in one order and once', () => {
    const keys = [ed25519Line(), ed25519Line(), ed25519Line()];
    const [one] = accounts({ ...alice, sshPublicKey: keys }).good;
    const [other] = accounts({ ...alice, sshPublicKey: [...keys, ...keys].toReversed() }).good;
    expect(one?.keys).toHaveLength(3);
    expect(other?.keys).toEqual(one?.keys);
  });

  test('values with options are not understood', () => {
    expect(accounts({ ...alice, 'loginShell;x-old': '/bin/false' }).names).toEqual([]);
    expect(accounts({ ...alice, 'cn;lang-ja': 'アリス' }).names).toEqual(['alice']);
  });

  test('a value that is not UTF-8 is refused', () => {
    const { names, rejected } = accounts({ ...alice, cn: Buffer.from([0x41, 0xff]) });
    expect(names).toEqual([]);
    expect(rejected).toMatchObject([{ field: 'cn', message: 'is not UTF-8 text' }]);
  });

  test('a hostile DN is safe to show', () => {
    const { rejected } = map({
      accounts: [entryOf('uid=x\n\u202eevil,dc=x', { ...alice, uid: 'root' })],
      groups: [],
      sudoRoles: [],
    });
    expect(rejected[0]?.record).toBe('uid=x\\u{a}\\u{202e}evil,dc=x');
  });

  test('whatever stands in an entry, what is accepted is a valid account', () => {
    const validate = validators.guestConfiguration;
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(...Object.values(alice), ...Object.values(hostileValues)),
      fc
        .tuple(fc.constantFrom(...Object.values(alice)), fc.constantFrom(...Object.values(hostileValues)))
        .map((pair) => pair.join('')),
    );
    const attributes = fc.record(
      Object.fromEntries(
        [...Object.keys(alice), 'gecos'].map((name) => [name, fc.array(text, { maxLength: 2 })]),
      ),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(attributes, fc.constantFrom(...Object.keys(alice)), (values, kept) => {
        const { good, rejected } = accounts({ ...alice, [kept]: values[kept] ?? [] }, values);
        for (const account of good) {
          const { dn: _dn, shell = '/bin/sh', ...rest } = account;
          const configuration = validate({
            schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
            instance: { id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01', name: 'x', osFamily: 'debian' },
            hostname: { name: 'x' },
            network: { interfaces: [] },
            dns: {},
            ntp: {},
            groups: [],
            sudo: { rules: [] },
            files: [],
            scripts: [],
            accounts: [{ ...rest, shell }],
          });
          expect(configuration).toMatchObject({ kind: 'valid' });
          expect(JSON.stringify(account)).not.toMatch(/\\n|\\r|\\u0000|\u202e/);
        }
        for (const problem of rejected) expect(Object.values(problem).join('')).not.toMatch(/[\n\0\u202e]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('groups', () => {
  function groups(...list: readonly Parameters<typeof entryOf>[1][]) {
    const entries = list.map((attributes, index) => entryOf(`cn=entry${index},dc=x`, attributes));
    return map({ accounts: [], groups: entries, sudoRoles: [] });
  }

  test('members are sorted, once each, and a bad one is left out alone', () => {
    const { groups: good, rejected } = groups({
      ...group,
      memberUid: ['zoe', 'alice', 'alice', 'root', '%wheel'],
    });
    expect(good).toMatchObject([{ name: 'everyone', members: ['alice', 'zoe'] }]);
    expect(rejected.map(({ field }) => field)).toEqual(['memberUid', 'memberUid']);
  });

  test.each(['sudo', 'wheel', 'docker', 'root', 'shadow', 'ALL', '%x', 'a\nb'])(
    'no group is called %j',
    (cn) => {
      expect(groups({ ...group, cn }).groups).toEqual([]);
    },
  );

  test('a number that two have is neither’s', () => {
    expect(groups(group, { ...group, cn: 'others' }).groups).toEqual([]);
  });
});
