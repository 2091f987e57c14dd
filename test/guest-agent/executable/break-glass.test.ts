import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { sha256, writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest, keys } from '../example-guest.ts';

const account = {
  name: 'emergency',
  uid: 9001,
  gid: 9001,
  gecos: 'Break glass',
  home: '/home/emergency',
  shell: '/bin/bash',
  breakGlass: true,
  keys: [{ type: 'ssh-ed25519', key: keys.bob }],
} as const;

/** The example with an account for the day on which nothing else works. */
function guestWith(changes: Partial<GuestConfiguration> = {}): GuestConfiguration {
  const guest = exampleGuest();
  return {
    ...guest,
    // sudo looks up the machine's name, and would wait long for name servers that are not there.
    dns: {},
    groups: [...guest.groups, { name: 'emergency', gid: 9001, members: [] }],
    accounts: [...guest.accounts, { ...account, keys: [...account.keys] }],
    sudo: {
      rules: [
        ...guest.sudo.rules,
        {
          role: 'nobody',
          users: ['ALL', '!root'],
          commands: [{ command: 'ALL', negated: true }, { command: '/bin/true' }],
        },
        {
          role: 'break-glass emergency',
          users: ['emergency'],
          runAsUsers: ['ALL'],
          runAsGroups: ['ALL'],
          commands: [{ command: 'ALL' }],
          tags: ['NOPASSWD'],
        },
      ],
    },
    ...changes,
  };
}

/** Whatever fails elsewhere, at whatever write, the break-glass account is there and right, or as it was before. */
describe('break-glass account', () => {
  let agent: string;
  let root: GuestRoot;
  let generation = 0;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root?.remove();
    root = await createGuestRoot();
    cpSync(agent, join(root.path, 'agent'));
    generation = 0;
  }, 600_000);
  afterAll(() => root?.remove());

  const argv = ['/agent', 'apply', '--drive', '/drive', '--offline'] as const;
  const report = (): AgentReport =>
    JSON.parse(readFileSync(join(root.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
  const outcomes = (): Record<string, string> =>
    Object.fromEntries(report().resources.map(({ resource, outcome }) => [resource, outcome]));
  const write = (guest: GuestConfiguration, scripts: Record<string, string> = {}): void => {
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), guest, { generation, scripts });
  };
  async function apply(guest: GuestConfiguration): Promise<number> {
    write(guest);
    return (await root.run(argv)).status;
  }
  const inject = async (fault: string): Promise<number> => {
    const options = ['-f', '-o', '/dev/null', '-e', `inject=${fault}`, 'chroot', root.path, ...argv];
    const result = await execa('strace', options, { reject: false, timeout: 60_000 });
    return result.exitCode ?? (result.signal === 'SIGKILL' ? 137 : -1);
  };
  /** All that a login needs and the way to root. */
  async function usable(): Promise<void> {
    expect((await root.run(['getent', 'passwd', 'emergency'])).stdout).toBe(
      'emergency:x:9001:9001:Break glass:/home/emergency:/bin/bash',
    );
    expect((await root.run(['getent', 'shadow', 'emergency'])).stdout).toMatch(
      /^emergency:\*:\d+:0:99999:7:::$/,
    );
    expect(existsSync(join(root.path, 'home/emergency/.bashrc'))).toBe(true);
    const file = readFileSync(join(root.path, 'etc/ssh/authorized_keys.d/emergency'), 'utf8');
    expect(file).toBe(`ssh-ed25519 ${keys.bob}\n`);
    await root.run(['mkdir', '-p', '/run/sshd']);
    const become = await root.run(['su', 'emergency', '-c', 'sudo -n -l && sudo -n sh -c "/usr/bin/id -u"']);
    expect(become.stdout).toContain('(ALL : ALL) NOPASSWD: ALL');
    expect(become.stdout.split('\n').at(-1)).toBe('0');
  }

  test('its rule is in a file of its own that is read last, and nothing else takes from it', async () => {
    writeFileSync(
      join(root.path, 'etc/sudoers.d/zoo'),
      'ALL ALL = (ALL) !ALL\nDefaults noexec, requiretty\n',
      {
        mode: 0o440,
      },
    );
    const status = await apply(guestWith());
    expect(status).toBe(0);
    await usable();
    expect(readFileSync(join(root.path, 'etc/sudoers.d/ubugi'), 'utf8')).not.toContain('emergency');
    expect((await root.run(argv)).status).toBe(0);
    expect(report().outcome).toBe('unchanged');
  });

  test('what somebody does to it is put right, and no end of validity holds', async () => {
    await apply(guestWith());
    await root.run(['usermod', '-L', '-e', '1', '-s', '/usr/sbin/nologin', 'emergency']);
    rmSync(join(root.path, 'etc/sudoers.d/zz-ubugi-break-glass'));
    const { accounts } = guestWith();
    const ended = accounts.map((one) =>
      one.name === 'emergency' ? { ...one, notAfter: '2020-01-01T00:00:00Z' } : one,
    );
    expect(await apply(guestWith({ accounts: ended }))).toBe(0);
    await usable();
  });

  test('identity fails elsewhere: it is there all the same', async () => {
    writeFileSync(join(root.path, 'etc/sudoers.d/broken'), 'Cmnd_Alias\n', { mode: 0o440 });
    expect(await apply(guestWith())).toBe(1);
    expect(outcomes()).toMatchObject({ accounts: 'failed', sudoers: 'failed' });
    expect((await root.run(['getent', 'passwd', 'alice'])).status).toBe(2);
    const changes = report().resources.flatMap((resource) => resource.changes.map(({ target }) => target));
    expect(changes).toContain('account emergency');
    await usable();
    rmSync(join(root.path, 'etc/sudoers.d/broken'));
    expect((await root.run(argv)).status).toBe(0);
    expect((await root.run(['getent', 'passwd', 'alice'])).status).toBe(0);
    await usable();
  });

  test("sshd's own configuration is broken: account and sudo rule are there, the key waits", async () => {
    const broken = join(root.path, 'etc/ssh/sshd_config.d/50-broken.conf');
    writeFileSync(broken, 'NoSuchKeyword yes\n');
    expect(await apply(guestWith())).toBe(1);
    expect((await root.run(['su', 'emergency', '-s', '/bin/sh', '-c', 'sudo -n id -u'])).stdout).toBe('0');
    expect(report().resources.find(({ resource }) => resource === 'accounts')?.message).toContain(
      'break-glass accounts: sshd -t on ',
    );
    rmSync(broken);
    expect((await root.run(argv)).status).toBe(0);
    await usable();
  });

  test('policy stops at the first failure: it is there all the same, and nothing after the failure is', async () => {
    const script = '#!/bin/sh\ntouch /var/ran\n';
    const scripts = [{ name: '10-x', sha256: sha256(script), timeoutSeconds: 10 }];
    const before = readFileSync(join(root.path, 'etc/motd'), 'utf8');
    await root.run(['groupadd', '-g', '5002', 'squatter']);
    write(guestWith({ onFailure: 'stop', scripts }), { '10-x': script });
    const result = await root.run(argv);
    expect(result.status).toBe(1);
    expect(result.stdout).toContain('failed: stopped, because groups failed');
    expect(report().reason).toBe('stopped, because groups failed');
    expect(outcomes()).toMatchObject({
      hostname: 'changed',
      ntp: 'changed',
      groups: 'failed',
      keys: 'skipped',
      files: 'skipped',
      sudoers: 'skipped',
      scripts: 'skipped',
    });
    expect((await root.run(['getent', 'passwd', 'alice'])).status).toBe(2);
    expect(readFileSync(join(root.path, 'etc/motd'), 'utf8')).toBe(before);
    await usable();
    await root.run(['groupdel', 'squatter']);
    expect((await root.run(argv)).status).toBe(0);
    expect((await root.run(['getent', 'passwd', 'alice'])).status).toBe(0);
  });

  test('policy stops at a file: what came before stands as a whole, sudo rules included', async () => {
    const files = [{ path: '/proc/x', mode: '0644', owner: 'root', group: 'root', content: '' }];
    expect(await apply(guestWith({ onFailure: 'stop', files }))).toBe(1);
    expect(outcomes()).toMatchObject({ accounts: 'changed', sudoers: 'changed', files: 'failed' });
    expect(existsSync(join(root.path, 'etc/sudoers.d/ubugi'))).toBe(true);
  });

  test('is removed by policy only', async () => {
    await apply(guestWith());
    expect(await apply(exampleGuest())).toBe(0);
    expect((await root.run(['getent', 'shadow', 'emergency'])).stdout).toMatch(/^emergency:!\*:/);
    expect(existsSync(join(root.path, 'etc/sudoers.d/zz-ubugi-break-glass'))).toBe(false);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/emergency'))).toBe(false);
  });

  // Its own transaction comes first: of its renames 1 is the journal's and about eight more are its own.
  const faults = [3, 6, 9, 12, 15, 18, 21].flatMap((when) => [
    `renameat:error=EIO:when=${when}`,
    `renameat:signal=SIGKILL:when=${when}`,
  ]);
  test.each([
    ...faults,
    'syncfs:error=EIO:when=3',
    'syncfs:signal=SIGKILL:when=4',
    'fchown:error=EIO:when=30',
  ])('first boot, %s: whole or not there; the next run completes', async (fault) => {
    write(guestWith());
    // Where only its own transaction failed, the one of the whole, which comes after, has made it.
    const status = await inject(fault);
    const isThere = (await root.run(['getent', 'passwd', 'emergency'])).status === 0;
    const isCut = existsSync(join(root.path, 'var/lib/ubugi/journal.json'));
    // A cut run is taken back at the next start; a failed one was at once.
    if (status === 0 || (isThere && !isCut)) await usable();
    expect((await root.run(argv)).status).toBe(0);
    await usable();
  });

  test.each([
    ...faults,
    'syncfs:error=EIO:when=1',
    'syncfs:signal=SIGKILL:when=2',
    'fchown:error=EIO:when=5',
  ])('a later generation, %s: it never ceases to be usable', async (fault) => {
    await apply(guestWith());
    const guest = guestWith();
    write({
      ...guest,
      accounts: guest.accounts.slice(1),
      hostname: { name: 'web-02' },
      dns: {},
      ntp: {},
      files: [],
    });
    expect(await inject(fault)).toBeGreaterThanOrEqual(0);
    await usable();
  });
});
