import { cpSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { sha256, writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** The compiled executable in a chroot of a real Debian, with its real visudo, sshd, chronyd, pwck. */
describe('ubugi-agent in a Debian root', () => {
  let agent: string;
  let root: GuestRoot;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root?.remove();
    root = await createGuestRoot();
    cpSync(agent, join(root.path, 'agent'));
  }, 600_000);
  afterAll(() => root?.remove());

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const report = (): AgentReport => JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
  const outcomes = (): Record<string, string> =>
    Object.fromEntries(report().resources.map(({ resource, outcome }) => [resource, outcome]));
  const messages = (): string =>
    report()
      .resources.map(({ message }) => message ?? '')
      .join('\n');
  async function apply(
    guest: GuestConfiguration,
    options: { readonly generation?: number; readonly scripts?: Record<string, string> } = {},
  ): Promise<number> {
    writeDriveFolder(join(root.path, 'drive'), guest, options);
    return (await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status;
  }

  test('applies everything, and the tools of the guest agree', async () => {
    expect(await apply(exampleGuest())).toBe(0);
    expect(createValidators().agentReport(report())).toMatchObject({ kind: 'valid' });
    expect(report().outcome).toBe('applied');
    expect(read('/etc/hostname')).toBe('web-01\n');

    const passwd = await root.run(['getent', 'passwd', 'alice']);
    expect(passwd.stdout).toBe('alice:x:5001:5001:Alice Example:/home/alice:/bin/bash');
    const shadow = await root.run(['getent', 'shadow', 'alice']);
    expect(shadow.stdout).toMatch(/^alice:\*:\d+:0:99999:7:::$/);
    const groups = await root.run(['id', '-nG', 'alice']);
    expect(groups.stdout.split(' ').sort()).toEqual(['adm', 'alice', 'operators']);
    expect(statSync(join(root.path, 'home/alice'))).toMatchObject({ uid: 5001, gid: 5001, mode: 0o40700 });
    expect(statSync(join(root.path, 'home/alice/.bashrc')).uid).toBe(5001);
    expect(statSync(join(root.path, 'home/alice/.config/app/settings'))).toMatchObject({
      uid: 5001,
      mode: 0o100600,
    });

    expect((await root.run(['visudo', '-c'])).status).toBe(0);
    const rules = await root.run(['sudo', '-l', '-U', 'alice']);
    expect(rules.stdout.split('may run the following commands')[1]?.split('\n').slice(1)).toEqual([
      '    (root) NOPASSWD: /usr/bin/systemctl restart nginx',
      '    (www-data) /usr/bin/id',
    ]);
    await root.run(['mkdir', '-p', '/run/sshd']);
    const sshd = await root.run(['sshd', '-T', '-C', 'user=alice,host=h,addr=192.0.2.9']);
    expect(sshd.stdout).toContain('authorizedkeysfile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u\n');
    expect((await root.run(['ssh-keygen', '-l', '-f', '/etc/ssh/authorized_keys.d/alice'])).status).toBe(0);
    const chronyd = await root.run(['chronyd', '-p']);
    expect(chronyd.stdout).not.toContain('debian.pool.ntp.org');
    expect(read('/etc/chrony/sources.d/ubugi.sources')).toContain('server 192.0.2.123 iburst\n');
    expect((await root.run(['getent', 'hosts', 'web-01'])).stdout).toContain('127.0.1.1');
  });

  test('a second run writes nothing to /etc, /home and /var/lib/ubugi', async () => {
    await apply(exampleGuest());
    const trace = join(root.path, 'trace');
    await execa('strace', [
      '-f',
      '-o',
      trace,
      '-e',
      'trace=openat,renameat,unlinkat,mkdirat,symlinkat,fchmod,fchown,fsync,syncfs,fork,vfork,clone',
      'chroot',
      root.path,
      '/agent',
      'apply',
      '--drive',
      '/drive',
      '--offline',
    ]);
    expect(report().outcome).toBe('unchanged');
    const lines = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('= -1 E'));
    // What is left is the lock and the report in /run/ubugi.
    const writes = lines.filter((line) =>
      /O_WRONLY|O_RDWR|O_CREAT|renameat|unlinkat|mkdirat|symlinkat|fsync|syncfs/.test(line),
    );
    const elsewhere = writes.filter((line) => !/"agent\.lock"|"\.?report\.json(\.ubugi)?"/.test(line));
    expect(elsewhere).toEqual([]);
    expect(lines.filter((line) => /\b(fork|vfork|clone)\(/.test(line))).toEqual([]);
  });

  test('revokes an account, a key and a rule', async () => {
    await apply(exampleGuest());
    const guest = exampleGuest();
    const status = await apply(
      {
        ...guest,
        accounts: guest.accounts
          .filter(({ name }) => name === 'bob')
          .map((account) => ({ ...account, keys: [] })),
        groups: [{ name: 'bob', gid: 5002, members: [] }],
        sudo: { rules: [] },
        files: [],
      },
      { generation: 2 },
    );
    expect(status).toBe(0);
    expect((await root.run(['getent', 'passwd', 'alice'])).stdout).toContain(
      ':/home/alice:/usr/sbin/nologin',
    );
    expect((await root.run(['getent', 'shadow', 'alice'])).stdout).toMatch(/^alice:!\*:\d+:0:99999:7::1:$/);
    expect((await root.run(['id', '-nG', 'alice'])).stdout).toBe('alice');
    expect((await root.run(['getent', 'group', 'operators'])).status).toBe(2);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'))).toBe(false);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/bob'))).toBe(false);
    expect(existsSync(join(root.path, 'etc/sudoers.d/ubugi'))).toBe(false);
    expect(existsSync(join(root.path, 'home/alice/.bashrc'))).toBe(true);
    expect(existsSync(join(root.path, 'home/alice/.config/app/settings'))).toBe(false);
    // It was there before us: it is not ours to remove.
    expect(existsSync(join(root.path, 'etc/motd'))).toBe(true);
    expect((await root.run(['visudo', '-c'])).status).toBe(0);

    expect(await apply(exampleGuest(), { generation: 3 })).toBe(0);
    expect((await root.run(['getent', 'shadow', 'alice'])).stdout).toMatch(/^alice:\*:\d+:0:99999:7:::$/);
    expect((await root.run(['getent', 'passwd', 'alice'])).stdout).toContain(':/home/alice:/bin/bash');
  });

  test("refuses an older generation, a changed guest.json and another instance's manifest", async () => {
    await apply(exampleGuest(), { generation: 5 });
    const before = read('/etc/passwd');
    expect(await apply(exampleGuest({ accounts: [] }), { generation: 4 })).toBe(2);
    expect(report()).toMatchObject({ outcome: 'refused', generation: 4 });
    writeDriveFolder(join(root.path, 'drive'), exampleGuest(), { generation: 6 });
    writeFileSync(join(root.path, 'drive/ubugi/guest.json'), `${read('/drive/ubugi/guest.json')} `);
    const changed = await root.run(['/agent', 'apply', '--drive', '/drive', '--offline']);
    expect(changed).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('is not the one in the manifest'),
    });
    expect(read('/etc/passwd')).toBe(before);
  });

  test('names that are not ours are left alone, with their keys and rules', async () => {
    await root.run(['useradd', '-m', '-u', '1500', 'alice']);
    await root.run(['groupadd', '-g', '5002', 'squatter']);
    const before = (await root.run(['getent', 'passwd', 'alice'])).stdout;
    expect(await apply(exampleGuest())).toBe(1);
    expect((await root.run(['getent', 'passwd', 'alice'])).stdout).toBe(before);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'))).toBe(false);
    expect(read('/etc/sudoers.d/ubugi')).not.toMatch(/^alice/m);
    expect(messages()).toContain(
      "account alice: the guest has an account of that name with uid 1500 that is not Ubugi's",
    );
    expect(messages()).toContain('account bob: its primary group bob was refused');
    expect((await root.run(['getent', 'passwd', 'bob'])).status).toBe(2);
    expect(outcomes()).toMatchObject({ groups: 'failed', accounts: 'failed', hostname: 'changed' });
  });

  test('a tool that says no stops the whole identity unit and nothing else', async () => {
    await root.run([
      'sh',
      '-c',
      'echo "Cmnd_Alias" > /etc/sudoers.d/broken; chmod 440 /etc/sudoers.d/broken',
    ]);
    const before = read('/etc/passwd');
    expect(await apply(exampleGuest())).toBe(1);
    expect(outcomes()).toMatchObject({
      accounts: 'failed',
      keys: 'failed',
      sudoers: 'failed',
      hostname: 'changed',
      ntp: 'changed',
    });
    expect(messages()).toContain('visudo on /etc/sudoers.d/ubugi: ');
    expect(read('/etc/passwd')).toBe(before);
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys.d'))).toBe(false);
  });

  test('a user cannot lead a write elsewhere by a link in the home', async () => {
    await apply(exampleGuest({ files: [] }));
    symlinkSync('/etc', join(root.path, 'home/alice/.config'));
    await root.run(['chown', '-h', 'alice', '/home/alice/.config']);
    expect(await apply(exampleGuest(), { generation: 2 })).toBe(1);
    expect(messages()).toContain('Symbolic link loop');
    expect(existsSync(join(root.path, 'etc/app'))).toBe(false);
  });

  test('scripts run once, from the signed text, and again only when it changes', async () => {
    const live = async (): Promise<number> => {
      const argv = [
        '--uts',
        '--pid',
        '--fork',
        '--kill-child',
        // Each run gets a host name of its own, which an earlier run has set already.
        'sh',
        '-c',
        'hostname web-01 && exec "$@"',
        'sh',
        'chroot',
        root.path,
        '/agent',
        'apply',
        '--drive',
        '/drive',
      ];
      return (await execa('unshare', argv, { reject: false, timeout: 60_000 })).exitCode ?? -1;
    };
    const script = '#!/bin/sh -e\necho run >> /var/ran\necho hello\n';
    const guest = exampleGuest({
      network: { interfaces: [] },
      scripts: [{ name: '10-once', sha256: sha256(script), timeoutSeconds: 20 }],
    });
    writeDriveFolder(join(root.path, 'drive'), guest, { scripts: { '10-once': script } });
    expect(await live()).toBe(0);
    expect(report().resources.find(({ resource }) => resource === 'scripts')).toMatchObject({
      outcome: 'changed',
      output: 'hello\n',
    });
    expect(await live()).toBe(0);
    expect(read('/var/ran')).toBe('run\n');
    expect(report().outcome).toBe('unchanged');

    writeFileSync(join(root.path, 'drive/ubugi/scripts/10-once'), 'echo evil > /var/evil\n');
    const slow = '#!/bin/sh\nsleep 600\n';
    const next = {
      ...guest,
      scripts: [
        { name: '10-once', sha256: sha256(script), timeoutSeconds: 20 },
        { name: '20-slow', sha256: sha256(slow), timeoutSeconds: 1 },
      ],
    };
    writeDriveFolder(join(root.path, 'drive'), next, {
      generation: 2,
      scripts: { '10-once': 'echo evil > /var/evil\n', '20-slow': slow },
    });
    expect(await live()).toBe(1);
    expect(existsSync(join(root.path, 'var/evil'))).toBe(false);
    expect(messages()).toContain(
      'script 10-once: /drive/ubugi/scripts/10-once is not the one that was signed',
    );
    writeDriveFolder(join(root.path, 'drive'), next, {
      generation: 2,
      scripts: { '10-once': script, '20-slow': slow },
    });
    expect(await live()).toBe(1);
    expect(messages()).toContain('script 20-slow: killed after 1 s');
  });

  test('plan changes nothing and tells all', async () => {
    writeDriveFolder(join(root.path, 'drive'), exampleGuest());
    const before = await root.run(['find', '/etc', '/home', '/var/lib', '-newer', '/agent']);
    const plan = await root.run(['/agent', 'plan', '--drive', '/drive', '--offline']);
    expect(plan.status).toBe(0);
    expect(plan.stdout).toContain('  + account alice (uid 5001, gid 5001)\n');
    expect(plan.stdout).toContain('      + alice ALL = NOPASSWD: /usr/bin/systemctl restart nginx\n');
    expect(plan.stdout).not.toContain(':*:');
    const json = await root.run(['/agent', 'plan', '--drive', '/drive', '--offline', '--json']);
    expect((JSON.parse(json.stdout) as { resources: unknown[] }).resources).toHaveLength(12);
    expect((await root.run(['find', '/etc', '/home', '/var/lib', '-newer', '/agent'])).stdout).toBe(
      before.stdout,
    );
    expect(existsSync(join(root.path, 'var/lib/ubugi'))).toBe(false);
  });
});
