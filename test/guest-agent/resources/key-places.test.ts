import { describe, expect, test } from 'vitest';
import { nothingOwned, type Ownership } from '../../../guest-agent/agent/plan/ownership.ts';
import { renderKeysOf } from '../../../guest-agent/agent/resources/keys/authorized-keys.ts';
import { withKeys } from '../../../guest-agent/agent/resources/keys/home-keys.ts';
import { expiryForm, optionsWithin } from '../../../guest-agent/agent/resources/keys/key-validity.ts';
import { planKeys } from '../../../guest-agent/agent/resources/keys/keys.ts';
import type { GuestAccount } from '../../../schemas/types/guest-configuration.ts';
import { exampleGuest, keys } from '../example-guest.ts';
import { type TestEntry, testMachine } from '../test-machine.ts';

const [alice, bob] = exampleGuest().accounts as [GuestAccount, GuestAccount];
const notAfter = '2026-01-02T12:00:00.5Z';

describe('no key outlives its account', () => {
  const end = '2026-01-02T12:00:00Z';
  test.each([
    ['its own end comes first', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ["the account's comes first", '2027-01-01T00:00:00Z', end],
    ['it has none', undefined, end],
  ])('%s', (_, expiryTime, expected) => {
    const options = expiryTime === undefined ? undefined : { expiryTime };
    expect(optionsWithin(options, { ...alice, notAfter }, 'utc')).toEqual({ expiryTime: expected });
  });

  test('a break-glass account has no end, and what sshd does not know is left out', () => {
    expect(optionsWithin(undefined, { ...alice, notAfter, breakGlass: true }, 'utc')).toBeUndefined();
    expect(optionsWithin({ flags: ['restrict'] }, { ...alice, notAfter }, 'unknown')).toEqual({
      flags: ['restrict'],
    });
  });

  test('written as the sshd in use reads it', () => {
    const line = (form: 'utc' | 'local' | 'unknown') => renderKeysOf({ ...alice, notAfter }, form);
    const rest = `ssh-ed25519 ${keys.alice} alice@laptop\n`;
    expect(line('utc')).toBe(`expiry-time="20260102120000Z" ${rest}`);
    const at = new Date('2026-01-02T12:00:00Z');
    const local = `20260102${String(at.getHours()).padStart(2, '0')}${String(at.getMinutes()).padStart(2, '0')}00`;
    expect(line('local')).toBe(`expiry-time="${local}" ${rest}`);
    expect(line('unknown')).toBe(rest);
  });

  test.each([
    ['OpenSSH_9.2p1 Debian-2, OpenSSL 3.0', 'utc'],
    ['OpenSSH_10.0p2', 'utc'],
    ['unknown option -- V\nOpenSSH_9.0p1\nusage: sshd', 'local'],
    ['OpenSSH_7.7', 'local'],
    ['sshd: illegal option -- V\nOpenSSH_7.4p1', 'unknown'],
    ['', 'local'],
  ])('%j', (output, form) => {
    const machine = testMachine({}, { ask: () => ({ output }) });
    expect(expiryForm('/usr/sbin/sshd', [{ ...alice, notAfter }], machine)).toBe(form);
  });

  test('sshd is asked only where something ends', () => {
    const asked: unknown[] = [];
    const machine = testMachine({}, { ask: (argv) => ({ output: String(asked.push(argv)) }) });
    expiryForm('/usr/sbin/sshd', [alice, { ...bob, notAfter, breakGlass: true }], machine);
    expect(asked).toEqual([]);
  });
});

describe('the marked block', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['', ['k'], '# begin ubugi\nk\n# end ubugi\n'],
    ['own', ['k'], 'own\n# begin ubugi\nk\n# end ubugi\n'],
    ['own', [], 'own'],
    ['a\n# begin ubugi\nold\n# end ubugi\nb\n', ['k'], 'a\n# begin ubugi\nk\n# end ubugi\nb\n'],
    ['a\n# begin ubugi\nold\n# end ubugi\nb\n', [], 'a\nb\n'],
    ['a\n# begin ubugi\nb\n', [], 'a\nb\n'],
  ])('%j with %j', (text, lines, expected) => {
    expect(withKeys(text, lines)).toBe(expected);
    expect(withKeys(expected, lines)).toBe(expected);
  });
});

describe('where keys go', () => {
  const main = '/etc/ssh/sshd_config';
  const plan = (
    tree: Record<string, TestEntry>,
    accounts: readonly GuestAccount[],
    extent: 'all' | 'some' = 'all',
    owned: Ownership = nothingOwned,
  ) => planKeys({ accounts, leavers: [], extent }, { owned }, testMachine(tree));
  const sshd = { '/usr/sbin/sshd': '' };

  test('SUSE keeps its main configuration in /usr/etc', () => {
    const tree = {
      ...sshd,
      '/etc/ssh/moduli': '',
      '/usr/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\n',
    };
    const { steps, checks } = plan(tree, [alice]);
    expect(steps.map(({ path }) => path)).toEqual([
      '/etc/ssh/authorized_keys.d',
      '/etc/ssh/authorized_keys.d/alice',
      '/etc/ssh/sshd_config.d',
      '/etc/ssh/sshd_config.d/05-ubugi.conf',
    ]);
    expect(checks.map(({ what }) => what)).toEqual([
      'sshd -t on /usr/etc/ssh/sshd_config',
      'sshd -T on /usr/etc/ssh/sshd_config',
    ]);
  });

  test('an sshd that does not look into homes is reported', () => {
    const { problems } = plan({ ...sshd, [main]: 'AuthorizedKeysFile /etc/keys/%u\n' }, [alice]);
    expect(problems).toEqual([
      `${main} has an AuthorizedKeysFile without .ssh/authorized_keys: add it there`,
    ]);
  });

  test('a line of an earlier agent that made sshd read drop-ins goes', () => {
    const old = '# begin ubugi\nInclude /etc/ssh/sshd_config.d/*.conf\n# end ubugi\nPort 22\n';
    const owned: Ownership = {
      ...nothingOwned,
      files: [{ path: '/etc/ssh/sshd_config.d/05-ubugi.conf', resource: 'keys' }],
    };
    const tree = { ...sshd, [main]: old, '/etc/ssh/sshd_config.d/05-ubugi.conf': '' };
    const { steps, inHomes } = plan(tree, [alice], 'all', owned);
    expect(steps).toMatchObject([
      { kind: 'file', path: main, text: 'Port 22\n' },
      { kind: 'remove', path: '/etc/ssh/sshd_config.d/05-ubugi.conf' },
    ]);
    expect(inHomes?.map(({ account }) => account)).toEqual(['alice']);
  });

  test('an emergency account alone: a way in now, whatever the rest of the configuration waits for', () => {
    const exclusive: GuestAccount = { ...alice, exclusiveKeys: true };
    const tree = { ...sshd, [main]: 'Port 22\n' };
    const first = plan(tree, [exclusive], 'some');
    expect([first.steps, first.inHomes?.length]).toEqual([[], 1]);
    const whole = plan(tree, [exclusive, bob]);
    const text = whole.steps.flatMap((step) =>
      step.kind === 'file' && step.path === main ? [step.text] : [],
    );
    const files = { '/etc/ssh/authorized_keys.d/alice': `ssh-ed25519 ${keys.alice} alice@laptop\n` };
    const again = plan({ ...tree, ...files, [main]: text[0] ?? '' }, [exclusive], 'some');
    expect([again.steps, again.inHomes]).toEqual([[], []]);
  });

  test('dropbear gets them in the homes, but never as the only ones', () => {
    const { inHomes, problems } = plan({ '/usr/sbin/dropbear': '' }, [
      { ...alice, notAfter },
      { ...bob, exclusiveKeys: true },
    ]);
    expect(inHomes).toEqual([
      {
        account: 'alice',
        uid: 5001,
        gid: 5001,
        home: '/home/alice',
        lines: [`ssh-ed25519 ${keys.alice} alice@laptop`],
      },
    ]);
    expect(problems).toEqual([expect.stringContaining('keys of bob: dropbear would take others')]);
    expect(plan({}, [alice])).toMatchObject({
      inHomes: [],
      skipped: expect.stringContaining('sshd') as string,
    });
  });
});
