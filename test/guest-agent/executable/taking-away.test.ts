import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestAccount, GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type ChrootSshd, createTestKeys, startChrootSshd, type TestKey } from '../../harness/chroot-sshd.ts';
import { type GuestNamespace, startGuestNamespace } from '../../harness/guest-namespace.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** People get in by a real sshd, and out again, in a guest with processes of its own and no network service at all. */
describe('taking away, in a running guest', () => {
  const pairs = createTestKeys(2);
  const [ofAlice, ofBob] = pairs.keys as [TestKey, TestKey];
  let root: GuestRoot;
  let guest: GuestNamespace;
  let sshd: ChrootSshd;
  let generation = 0;
  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
    guest = await startGuestNamespace(root);
    await apply();
    sshd = await startChrootSshd(root, guest.enter);
  }, 600_000);
  afterAll(async () => {
    await guest.stop();
    await sshd.stop();
    root.remove();
    pairs.remove();
  });

  async function apply(
    alice: Partial<GuestAccount> | 'gone' = {},
    changes: Partial<GuestConfiguration> = {},
  ): Promise<number> {
    const example = exampleGuest({
      network: { interfaces: [] },
      dns: {},
      ntp: {},
      files: [],
      sudo: {
        rules: [
          {
            role: 'admin',
            users: alice === 'gone' ? ['bob'] : ['alice', 'bob'],
            commands: [{ command: 'ALL' }],
            tags: ['NOPASSWD'],
          },
        ],
      },
      ...changes,
    });
    const [first, bob] = example.accounts;
    if (first === undefined || bob === undefined) throw new Error('the example has two accounts');
    const accounts = [
      ...(alice === 'gone' ? [] : [{ ...first, keys: [ofAlice.publicKey], ...alice }]),
      { ...bob, keys: [ofBob.publicKey] },
    ];
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), { ...example, accounts }, { generation });
    return rerun();
  }
  const rerun = async (): Promise<number> =>
    (await guest.run(['/agent', 'apply', '--drive', '/drive'])).status;
  const login = (account: string, key: TestKey): Promise<string> => sshd.login(account, key, 'id -un');
  const runs = async (command: string): Promise<boolean> =>
    (await guest.processes()).some((line) => line.includes(command));
  const report = (): AgentReport =>
    JSON.parse(readFileSync(join(root.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;

  test('at once: sessions, what outlives them, and what runs as root by sudo in them', async () => {
    expect(await login('alice', ofAlice)).toBe('alice');
    const session = await sshd.open(
      'alice',
      ofAlice,
      'setsid nohup sleep 3331 >/dev/null 2>&1 & sudo -n sleep 3332 & echo here; sleep 3333',
    );
    await sshd.open('bob', ofBob, 'echo here; sleep 3334');
    await expect.poll(() => runs('sleep 3332'), { timeout: 20_000 }).toBe(true);
    expect(await apply('gone')).toBe(0);
    await session.ended;
    const left = await guest.processes();
    expect(left.filter((line) => /sleep 333[123]/.test(line))).toEqual([]);
    expect(left).toContain('sleep 3334');
    expect(await login('alice', ofAlice)).toBe('refused');
    expect(await login('bob', ofBob)).toBe('bob');
    // What cron, at, su and others ask before they start anything for an account (pam_unix(8)).
    const asked = await guest.run(['su', '-s', '/bin/sh', 'alice', '-c', 'id']);
    expect(asked).toMatchObject({ status: 1, stdout: '' });
  });

  test('when policy says to keep sessions, they stay, and nobody gets in any more', async () => {
    expect(await apply()).toBe(0);
    const session = await sshd.open('alice', ofAlice, 'echo here; sleep 4441');
    expect(await apply('gone', { sessions: { keep: true } })).toBe(0);
    expect(await runs('sleep 4441')).toBe(true);
    expect(await login('alice', ofAlice)).toBe('refused');
    expect(await apply('gone', { sessions: { endAfterMinutes: 10 } })).toBe(0);
    expect(await runs('sleep 4441')).toBe(true);
    expect(readFileSync(join(root.path, 'var/lib/ubugi/ending.json'), 'utf8')).toMatch(
      /"alice","uid":5001,"at":/,
    );
    // Its moment has passed, as a record of ten minutes ago says.
    const past = JSON.stringify([{ account: 'alice', uid: 5001, at: '2020-01-01T00:00:00Z' }]);
    await guest.run(['sh', '-c', `echo '${past}' > /var/lib/ubugi/ending.json`]);
    expect(await rerun()).toBe(0);
    await session.ended;
    expect(await runs('sleep 4441')).toBe(false);
  });

  test('an end of validity: sshd refuses by itself at the moment, and the next run takes all away', async () => {
    const notAfter = `${new Date(Date.now() + 6_000).toISOString().slice(0, 19)}Z`;
    expect(await apply({ notAfter })).toBe(0);
    const session = await sshd.open('alice', ofAlice, 'echo here; sleep 5551');
    await expect.poll(() => login('alice', ofAlice), { timeout: 30_000, interval: 500 }).toBe('refused');
    expect(Date.now()).toBeGreaterThan(Date.parse(notAfter));
    expect(await runs('sleep 5551')).toBe(true);
    expect(await rerun()).toBe(0);
    await session.ended;
    expect((await guest.run(['getent', 'shadow', 'alice'])).stdout).toMatch(/^alice:!\*:\d+:0:99999:7::1:$/);
    expect((await guest.run(['getent', 'passwd', 'alice'])).stdout).toMatch(/nologin$/);
    expect((await guest.run(['id', '-nG', 'alice'])).stdout).toBe('alice');
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'))).toBe(false);
    expect((await guest.run(['sudo', '-l', '-U', 'alice'])).stdout).toContain('not allowed');
    expect(await rerun()).toBe(0);
    expect(report().outcome).toBe('unchanged');
  });
});
