import { describe, expect, test } from 'vitest';
import { exampleGuest } from '../example-guest.ts';
import { guestFiles, plan } from './identity-plan.ts';

const files = {
  ...guestFiles,
  '/usr/bin/getent': '',
  '/etc/nsswitch.conf': 'passwd: files [SUCCESS=return] sss # directory\ngroup: files sss\n',
};

/** A guest whose getent answers these lines. */
function answering(passwd: string, group = '') {
  const asked: (readonly string[])[] = [];
  const ask = (argv: readonly string[]) => {
    asked.push(argv);
    return { status: 2, output: argv[1] === 'passwd' ? passwd : group };
  };
  return { ask, asked };
}

describe('accounts from SSSD, LDAP and the like', () => {
  test('one that is there is left to it: no twin, no failure', () => {
    const { ask, asked } = answering('alice:*:5001:5001::/home/alice:/bin/sh\n', 'bob:*:5002:\n');
    const { problems, notes, text, owns } = plan(exampleGuest(), undefined, files, { ask });
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      "group bob: comes from the guest's own name service and is left to it",
      "account alice: comes from the guest's own name service and is left to it",
    ]);
    expect(text('/etc/passwd')).not.toMatch(/^alice:/m);
    // Her primary group is there, though not in the files.
    expect(text('/etc/passwd')).toMatch(/^bob:x:5002:5002:/m);
    expect(text('/etc/group')).not.toMatch(/^bob:/m);
    expect(text('/etc/group')).toMatch(/^operators:x:6001:bob$/m);
    expect(owns.accounts.map(({ name }) => name)).toEqual(['bob']);
    expect(asked).toEqual([
      ['/usr/bin/getent', 'passwd', 'alice', '5001', 'bob', '5002'],
      ['/usr/bin/getent', 'group', 'alice', '5001', 'bob', '5002', 'operators', '6001'],
    ]);
  });

  test.each([
    ['its name with another number', 'alice:*:777:1::/:/bin/sh\n', 'account alice with uid 777'],
    ['its number with another name', 'zoe:*:5001:1::/:/bin/sh\n', 'account zoe with uid 5001'],
  ])('%s is a clash', (_, passwd, message) => {
    const { problems, text } = plan(exampleGuest(), undefined, files, { ask: answering(passwd).ask });
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(text('/etc/passwd')).not.toMatch(/^alice:/m);
    expect(text('/etc/passwd')).toMatch(/^bob:/m);
  });

  test('one that hangs keeps new accounts back and nothing else', () => {
    const ask = () => ({ timedOut: true });
    const local = plan(exampleGuest());
    const guest = exampleGuest();
    const accounts = guest.accounts.map((account) => ({ ...account, gecos: 'New' }));
    const carol = { ...accounts[0], name: 'carol', uid: 5003 } as (typeof accounts)[number];
    const { problems, text } = plan(
      { ...guest, accounts: [...accounts, carol] },
      local.owns,
      { ...files, ...local.after(), '/etc/nsswitch.conf': files['/etc/nsswitch.conf'] },
      { ask },
    );
    expect(problems).toEqual([expect.stringMatching(/^account carol: .*\(sss\) did not answer/)]);
    expect(text('/etc/passwd')).toMatch(/^alice:x:5001:5001:New:/m);
  });

  test.each([
    ['files only', { '/etc/nsswitch.conf': 'passwd:files\ngroup: compat db\n' }],
    ['no nsswitch.conf', { '/etc/nsswitch.conf': '' }],
    ['systemd without people', { '/etc/nsswitch.conf': 'passwd: files systemd\ngroup: files systemd\n' }],
    ['nothing new', plan(exampleGuest()).after()],
  ])('nobody is asked: %s', (_, changes) => {
    const { ask, asked } = answering('');
    plan(exampleGuest(), undefined, { ...files, ...changes }, { ask });
    expect(asked).toEqual([]);
  });

  test('systemd is asked where it knows people', () => {
    const { ask, asked } = answering('');
    const nsswitch = { '/etc/nsswitch.conf': 'passwd: files systemd\n', '/etc/userdb/zoe.user': '{}' };
    plan(exampleGuest(), undefined, { ...files, ...nsswitch }, { ask });
    expect(asked.map(([, database]) => database)).toEqual(['passwd']);
  });
});
