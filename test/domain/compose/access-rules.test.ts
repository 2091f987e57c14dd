import { describe, expect, test } from 'vitest';
import type { KeyOptions } from '../../../schemas/types/common.ts';
import { sampleAccount, sampleKey } from '../sample.ts';
import { dress } from './dress.ts';

const rule = { name: 'web', groups: ['web-admins'] };

describe('several rules for one account', () => {
  const access = [
    rule,
    { name: 'first', accounts: ['alice'], shell: '/bin/zsh', keys: { mode: 'exclusive' as const } },
    { name: 'second', accounts: ['alice'], shell: '/bin/dash', keys: { mode: 'shared' as const } },
    { name: 'third', accounts: ['alice'], shell: '/bin/zsh' },
  ];

  test('the first that names a shell or a key mode wins', () => {
    expect(dress({ access }).guest.accounts).toMatchObject([{ shell: '/bin/zsh', exclusiveKeys: true }]);
    const turned = [...access].reverse().slice(1);
    expect(dress({ access: turned }).guest.accounts[0]).toMatchObject({ shell: '/bin/dash' });
    expect(dress({ access: turned }).guest.accounts[0]).not.toHaveProperty('exclusiveKeys');
  });

  test('explain names the winner first, and marks those that it overrode', () => {
    const sources = dress({ access }).sources('accounts', 'alice');
    expect(sources.slice(0, 2)).toEqual(['directory uid', 'policy web']);
    const marked = sources.filter((source) => source.startsWith('['));
    expect(sources.slice(-marked.length)).toEqual(marked);
    expect(marked).toEqual(['[policy second]', '[directory loginShell]', '[policy second]']);
  });

  test('content of a guest whose rules use none of it is as before', () => {
    expect(Object.keys(dress().guest.accounts[0] ?? {})).toEqual([
      'name',
      'uid',
      'gid',
      'gecos',
      'home',
      'shell',
      'keys',
    ]);
  });
});

describe('keys with options', () => {
  const restricted = (options: KeyOptions, plain: readonly (typeof sampleKey)[] = []) => ({
    accounts: [
      sampleAccount('alice', 20_001, {
        keys: plain,
        restrictedKeys: [{ key: sampleKey, options, attribute: 'altKey' }],
      }),
    ],
  });
  const allowing = (...allowOptions: ('from' | 'restrict' | 'pty')[]) => [
    rule,
    { name: 'keys', accounts: ['alice'], keys: { allowOptions } },
  ];

  test('are refused by entry, attribute and remedy where no rule allows them', () => {
    const { guest, problems } = dress({ access: [rule] }, {}, restricted({ from: ['192.0.2.*'] }));
    expect(guest.accounts[0]?.keys).toEqual([]);
    expect(problems).toEqual([
      {
        source: 'ldap',
        record: 'uid=alice,ou=people,dc=example,dc=com',
        field: 'altKey',
        message: expect.stringMatching(
          /^key SHA256:\S+ has options that no access rule here allows: from; it is left out$/,
        ),
        remedy: expect.stringContaining('keys.allowOptions'),
      },
    ]);
  });

  test('need every one of their options to be allowed', () => {
    const both = restricted({ flags: ['restrict', 'pty'], from: ['192.0.2.*'] });
    expect(dress({ access: allowing('from', 'restrict') }, {}, both).guest.accounts[0]?.keys).toEqual([]);
    const { guest, sources } = dress({ access: allowing('from', 'restrict', 'pty') }, {}, both);
    expect(guest.accounts[0]?.keys).toEqual([
      { ...sampleKey, options: { flags: ['restrict', 'pty'], from: ['192.0.2.*'] } },
    ]);
    const line = dress({ access: allowing('from', 'restrict', 'pty') }, {}, both).composition.sources.find(
      ({ section }) => section === 'keys',
    );
    expect(line?.value).toContain('(restrict pty from=192.0.2.*)');
    expect(sources('keys', line?.subject ?? '')).toEqual(['directory altKey', 'policy keys']);
  });

  test('are the narrower form of a key that stands without them too', () => {
    const twice = restricted({ flags: ['restrict'] }, [sampleKey]);
    expect(dress({ access: [rule] }, {}, twice).guest.accounts[0]?.keys).toEqual([]);
    expect(dress({ access: allowing('restrict') }, {}, twice).guest.accounts[0]?.keys).toHaveLength(1);
  });
});

describe('names that the directory does not have', () => {
  test('are problems once a rule, where the rule applies', () => {
    const access = [
      { name: 'typos', groups: ['web-admin', 'web-admins'], accounts: ['alicia', 'bob'] },
      { name: 'elsewhere', match: { project: ['db'] }, groups: ['nobody'] },
    ];
    expect(dress({ access }).problems.map(({ record, message }) => `${record}: ${message}`)).toEqual([
      expect.stringMatching(/^typos: names groups that .* refused: web-admin$/),
      expect.stringMatching(/^typos: names accounts that .* refused: alicia$/),
    ]);
  });

  test('but not where the directory has locked the account, which its sources tell', () => {
    const disabled = [
      { dn: 'uid=dora,dc=x', name: 'dora', attribute: 'nsAccountLock', reason: 'nsAccountLock is TRUE' },
    ];
    const { problems, guest, composition } = dress(
      { access: [{ name: 'a', accounts: ['dora'] }] },
      {},
      { disabled },
    );
    expect([problems, guest.accounts]).toEqual([[], []]);
    expect(composition.sources.filter(({ subject }) => subject === 'dora')).toMatchObject([
      {
        section: 'accounts',
        value: 'none: nsAccountLock is TRUE',
        sources: [{ record: 'uid=dora,dc=x', field: 'nsAccountLock' }, { kind: 'policy' }],
      },
    ]);
  });
});
