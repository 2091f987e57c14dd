import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** Accounts in a real Debian beside those that its own tools have made. */
describe('accounts and the tools of the guest', () => {
  let agent: string;
  let root: GuestRoot;
  let generation = 0;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root = await createGuestRoot();
    cpSync(agent, join(root.path, 'agent'));
    generation = 0;
  }, 600_000);
  afterEach(() => root.remove());

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const report = (): AgentReport => JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
  const out = async (...argv: [string, ...string[]]): Promise<string> => (await root.run(argv)).stdout;
  const rerun = async (): Promise<number> =>
    (await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status;
  async function apply(changes: Partial<GuestConfiguration>): Promise<number> {
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), exampleGuest({ files: [], ...changes }), { generation });
    return rerun();
  }
  const onlyBob = (): Partial<GuestConfiguration> => {
    const guest = exampleGuest();
    return {
      accounts: guest.accounts.slice(1),
      groups: guest.groups.slice(1, 2),
      sudo: { rules: guest.sudo.rules.slice(1).map((rule) => ({ ...rule, users: ['bob'] })) },
    };
  };

  test('one that useradd made is adopted whole, and when it leaves nothing of it lets anybody in', async () => {
    await root.run([
      'useradd',
      '-m',
      '-u',
      '5001',
      '-U',
      '-G',
      'sudo',
      '-d',
      '/home/old',
      '-p',
      '$y$hash',
      'alice',
    ]);
    expect(await apply({})).toBe(1);
    expect(await out('getent', 'passwd', 'alice')).toContain(':/home/old:');
    expect(await apply({ adoptAccounts: true })).toBe(0);
    expect(await out('getent', 'passwd', 'alice')).toBe(
      'alice:x:5001:5001:Alice Example:/home/alice:/bin/bash',
    );
    expect(await out('getent', 'shadow', 'alice')).toMatch(/^alice:\*:/);
    expect((await out('id', '-nG', 'alice')).split(' ').sort()).toEqual(['adm', 'alice', 'operators']);
    expect(read('/var/lib/ubugi/owned.json')).toContain(
      '"adopted":{"gid":5001,"gecos":"","home":"/home/old","shell":"/bin/sh","groups":["sudo"],"password":true}',
    );
    expect(read('/var/lib/ubugi/owned.json')).not.toContain('hash');
    expect(await rerun()).toBe(0);
    expect(report().outcome).toBe('unchanged');
    expect(await apply({ adoptAccounts: true, ...onlyBob() })).toBe(0);
    expect(await out('getent', 'shadow', 'alice')).toMatch(/^alice:!\*:\d+:0:99999:7::1:$/);
    expect(await out('id', '-nG', 'alice')).toBe('alice');
    expect([existsSync(join(root.path, 'home/old')), existsSync(join(root.path, 'home/alice'))]).toEqual([
      true,
      true,
    ]);
  });

  test('a system account is not, whatever policy says', async () => {
    await root.run(['useradd', '-r', '-u', '950', '-U', 'alice']);
    const [alice, bob] = exampleGuest().accounts;
    if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
    const before = await out('getent', 'passwd', 'alice');
    expect(await apply({ adoptAccounts: true, accounts: [{ ...alice, uid: 950 }, bob] })).toBe(1);
    expect(await out('getent', 'passwd', 'alice')).toBe(before);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'))).toBe(false);
    expect(read('/etc/sudoers.d/ubugi')).not.toMatch(/^alice/m);
  });

  test('subordinate ids lie beside those that useradd gives, before and after', async () => {
    await root.run(['touch', '/etc/subuid', '/etc/subgid']);
    await root.run(['useradd', 'first']);
    expect(await apply({})).toBe(0);
    await root.run(['useradd', 'last']);
    for (const file of ['/etc/subuid', '/etc/subgid']) {
      const ranges = read(file)
        .trim()
        .split('\n')
        .map((line) => line.split(':'));
      expect(ranges.map(([name]) => name)).toEqual(['first', 'alice', 'bob', 'last']);
      expect(new Set(ranges.map(([, start]) => start)).size).toBe(4);
      expect(ranges.every(([, start, count]) => Number(start) % 65_536 === 34_464 && count === '65536')).toBe(
        true,
      );
    }
    expect(await rerun()).toBe(0);
    expect(report().outcome).toBe('unchanged');
  });

  test('a guest without gshadow, pwck and grpck (busybox)', async () => {
    for (const path of ['etc/gshadow', 'usr/sbin/pwck', 'usr/sbin/grpck', 'usr/sbin/nologin']) {
      rmSync(join(root.path, path));
    }
    expect(await apply({})).toBe(0);
    expect((await out('id', '-nG', 'alice')).split(' ').sort()).toEqual(['adm', 'alice', 'operators']);
    expect(existsSync(join(root.path, 'etc/gshadow'))).toBe(false);
    expect(await rerun()).toBe(0);
    expect(report().outcome).toBe('unchanged');
    expect(await apply(onlyBob())).toBe(0);
    expect(await out('getent', 'passwd', 'alice')).toMatch(/:\/bin\/false$/);
  });

  test('a guest without shadow passwords is refused, and all else is done', async () => {
    await root.run(['pwunconv']);
    expect(await apply({})).toBe(1);
    const accounts = report().resources.find(({ resource }) => resource === 'accounts');
    expect(accounts?.message).toContain('/etc/shadow is missing');
    expect(report().resources.find(({ resource }) => resource === 'hostname')?.outcome).toBe('changed');
    expect((await root.run(['getent', 'passwd', 'alice'])).status).toBe(2);
  });
});
