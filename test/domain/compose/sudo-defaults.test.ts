import { describe, expect, test } from 'vitest';
import type { DirectorySudoDefaults } from '../../../server/directory/directory.ts';
import { dress } from './dress.ts';

const dn = 'cn=defaults,ou=sudoers,dc=example,dc=com';
const sudoDefaults: DirectorySudoDefaults = {
  dn,
  name: 'defaults',
  settings: [
    { option: 'authenticate', negated: true },
    { option: 'env_keep', operator: '+=', value: 'LANG SSH_AUTH_SOCK' },
    { option: 'use_pty' },
  ],
};
const selection = { name: 'web', roles: ['web-*'] };

describe('cn=defaults', () => {
  test('holds wherever a selection applies, whatever roles it names; what loosens is left out and reported', () => {
    const { guest, problems, sources } = dress({ sudo: [selection] }, {}, { sudoDefaults });
    expect(guest.sudo.defaults).toEqual([{ option: 'use_pty' }]);
    expect(sources('sudo', 'Defaults use_pty')).toEqual(['directory sudoOption']);
    expect(problems).toEqual([
      {
        source: 'ldap',
        record: dn,
        field: 'sudoOption',
        message: expect.stringContaining('(!authenticate)') as string,
        remedy: expect.stringContaining('allowDefaults') as string,
      },
      expect.objectContaining({ message: expect.stringContaining('(env_keep:SSH_AUTH_SOCK)') as string }),
    ]);
  });

  test('what a selection allows is taken, and explained by its line of the policy', () => {
    const allowDefaults = ['!authenticate' as const, 'env_keep:SSH_AUTH_SOCK'];
    const sudo = [selection, { name: 'agents', roles: ['none'], allowDefaults }];
    const { guest, problems, sources } = dress({ sudo }, {}, { sudoDefaults });
    expect(guest.sudo.defaults).toEqual(sudoDefaults.settings);
    expect(sources('sudo', 'Defaults env_keep+=')).toEqual([
      'directory sudoOption',
      expect.stringMatching(/^policy /) as string,
    ]);
    expect(problems.filter(({ record }) => record === dn)).toEqual([]);
  });

  test('a selection that does not apply allows nothing', () => {
    const allowDefaults = ['!authenticate' as const];
    const sudo = [selection, { name: 'other', match: { name: ['db-*'] }, roles: ['*'], allowDefaults }];
    expect(dress({ sudo }, {}, { sudoDefaults }).guest.sudo.defaults).toEqual([{ option: 'use_pty' }]);
  });

  test('does not hold where no selection applies', () => {
    const { guest, problems } = dress({ sudo: [] }, {}, { sudoDefaults });
    expect(guest.sudo).not.toHaveProperty('defaults');
    expect(problems).toEqual([]);
  });

  test('may be named by a selection', () => {
    const sudo = [{ name: 'all', roles: ['defaults', 'web-restart'] }];
    const { problems } = dress({ sudo }, {}, { sudoDefaults });
    expect(problems.map(({ record }) => record)).toEqual([dn, dn]);
  });
});
