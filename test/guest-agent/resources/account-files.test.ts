import { describe, expect, test } from 'vitest';
import { readLoginDefs } from '../../../guest-agent/agent/resources/identity/login-defs.ts';
import { exampleGuest } from '../example-guest.ts';
import { testMachine } from '../test-machine.ts';
import { guestFiles, plan } from './identity-plan.ts';

describe('guests without some of the files', () => {
  test('without gshadow (busybox) none is made, and the rest is as ever', () => {
    const { '/etc/gshadow': _, ...files } = guestFiles;
    const first = plan(exampleGuest(), undefined, files);
    expect(first.problems).toEqual([]);
    expect(first.steps).not.toContain('/etc/gshadow');
    expect(first.text('/etc/group')).toContain('operators:x:6001:alice,bob\n');
    expect(plan(exampleGuest(), first.owns, first.after()).steps).toEqual([]);
    const none = plan(exampleGuest({ accounts: [], groups: [] }), first.owns, first.after());
    expect(none.text('/etc/group')).not.toContain('operators');
  });

  test('without shadow it is refused, since nothing could be locked', () => {
    const { '/etc/shadow': _, ...files } = guestFiles;
    expect(() => plan(exampleGuest(), undefined, files)).toThrow(/\/etc\/shadow is missing.*pwconv/);
  });

  test('nscd is told where it runs', () => {
    const nscd = { ...guestFiles, '/usr/sbin/nscd': '', '/run/nscd/socket': '' };
    const told = plan(exampleGuest(), undefined, nscd).result.resources.flatMap(({ live }) => live);
    expect(told.flatMap((action) => (action.kind === 'command' ? [action.argv.slice(1)] : []))).toEqual([
      ['-i', 'group'],
      ['-i', 'passwd'],
    ]);
  });
});

describe('subordinate ids', () => {
  const files = {
    ...guestFiles,
    '/etc/subuid': 'local:100000:65536\n# hand-made\nbob:300000:10\n',
    '/etc/subgid': '',
  };

  test('a range for each account that has none, beside all others, and only where the guest has such files', () => {
    const first = plan(exampleGuest(), undefined, files);
    expect(first.text('/etc/subuid')).toBe(`${files['/etc/subuid']}alice:165536:65536\n`);
    expect(first.text('/etc/subgid')).toBe('alice:100000:65536\nbob:165536:65536\n');
    expect(plan(exampleGuest(), first.owns, first.after()).steps).toEqual([]);
    expect(plan(exampleGuest()).steps).not.toContain('/etc/subuid');
  });

  test('an account or group of that number is not in it', () => {
    const passwd = `${guestFiles['/etc/passwd'] as string}big:x:170000:1::/:/bin/sh\n`;
    const { text } = plan(exampleGuest(), undefined, { ...files, '/etc/passwd': passwd });
    expect(text('/etc/subuid')).toContain('alice:170001:65536\n');
  });

  test('it stays with a locked entry, and goes on under a new name', () => {
    const first = plan(exampleGuest(), undefined, files);
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    expect(plan(exampleGuest({ accounts: [bob] }), first.owns, first.after()).steps).not.toContain(
      '/etc/subuid',
    );
    const renamed = plan(
      exampleGuest({ accounts: [{ ...alice, name: 'alicia' }, bob] }),
      first.owns,
      first.after(),
    );
    expect(renamed.text('/etc/subuid')).toContain('\nalicia:165536:65536\n');
    expect(renamed.text('/etc/subuid')).not.toContain('alice:');
  });

  test('none where login.defs asks for none, or nothing is free', () => {
    const asked = (defs: string) => plan(exampleGuest(), undefined, { ...files, '/etc/login.defs': defs });
    expect(asked('SUB_UID_COUNT 0\nSUB_GID_COUNT 0\n').steps).not.toContain('/etc/subuid');
    expect(asked('SUB_UID_MAX 200000\n').steps).not.toContain('/etc/subuid');
  });
});

test('login.defs is read as shadow-utils does, with its defaults', () => {
  const defs = (text: string) => readLoginDefs(testMachine({ '/etc/login.defs': text }).files);
  expect(defs('')).toEqual({
    uidMin: 1000,
    gidMin: 1000,
    subUid: { count: 65_536, least: 100_000, most: 600_100_000 },
    subGid: { count: 65_536, least: 100_000, most: 600_100_000 },
  });
  expect(defs('#UID_MIN 1\n UID_MIN\t0x200 \nGID_MIN "0100"\nSUB_UID_MIN x\n')).toMatchObject({
    uidMin: 512,
    gidMin: 64,
    subUid: { least: 100_000 },
  });
});
