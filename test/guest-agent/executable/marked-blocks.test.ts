import {
  cpSync,
  existsSync,
  linkSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestAccount } from '../../../schemas/types/guest-configuration.ts';
import { type ChrootSshd, createTestKeys, startChrootSshd, type TestKey } from '../../harness/chroot-sshd.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** A guest whose sshd reads no drop-ins, as before OpenSSH 8.2. */
describe('keys without drop-ins, as sshd takes them', () => {
  const pairs = createTestKeys(3);
  const [ours, own, ofBob] = pairs.keys as [TestKey, TestKey, TestKey];
  const home = '/home/alice/.ssh/authorized_keys';
  const config = '/etc/ssh/sshd_config';
  let root: GuestRoot;
  let sshd: ChrootSshd | undefined;
  let generation = 0;
  let original = '';
  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
    original = read(config).replace(/^Include .*\n/m, '');
    writeFileSync(join(root.path, config), original);
  }, 600_000);
  afterAll(async () => {
    await sshd?.stop();
    root.remove();
    pairs.remove();
  });

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const keys = (): AgentReport['resources'][number] | undefined =>
    (JSON.parse(read('/run/ubugi/report.json')) as AgentReport).resources.find(
      ({ resource }) => resource === 'keys',
    );
  const rerun = async (): Promise<number> =>
    (await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status;
  async function apply(alice: Partial<GuestAccount> | 'gone'): Promise<number> {
    const guest = exampleGuest({ files: [] });
    const [first, bob] = guest.accounts;
    if (first === undefined || bob === undefined) throw new Error('the example has two accounts');
    const accounts = [
      ...(alice === 'gone' ? [] : [{ ...first, keys: [ours.publicKey], ...alice }]),
      { ...bob, keys: [ofBob.publicKey] },
    ];
    const rules = alice === 'gone' ? guest.sudo.rules.slice(1) : guest.sudo.rules;
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), { ...guest, accounts, sudo: { rules } }, { generation });
    const status = await rerun();
    await sshd?.stop();
    sshd = await startChrootSshd(root);
    return status;
  }
  const login = async (key: TestKey, account = 'alice'): Promise<string | undefined> =>
    sshd?.login(account, key, 'id -un');
  const block = (lines: string): string => `# begin ubugi\n${lines}\n# end ubugi\n`;

  test('shared: a marked block in the home, beside what she has there, hers alone to read', async () => {
    expect(await apply({})).toBe(0);
    expect(await login(ours)).toBe('alice');
    expect(read(home)).toBe(block(ours.line));
    expect(statSync(join(root.path, home))).toMatchObject({ mode: 0o100600, uid: 5001, gid: 5001 });
    expect(statSync(join(root.path, '/home/alice/.ssh'))).toMatchObject({ mode: 0o40700, uid: 5001 });
    expect(read(config)).toBe(original);
    expect(existsSync(join(root.path, 'etc/ssh/sshd_config.d/05-ubugi.conf'))).toBe(false);
    writeFileSync(join(root.path, home), `${own.line}\n${block('ssh-rsa tampered')}# mine`);
    expect(await rerun()).toBe(0);
    expect(read(home)).toBe(`${own.line}\n${block(ours.line)}# mine\n`);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['alice', 'alice']);
    const before = statSync(join(root.path, home)).ino;
    expect(await rerun()).toBe(0);
    expect(statSync(join(root.path, home)).ino).toBe(before);
    expect(keys()?.outcome).toBe('unchanged');
  });

  test('exclusive: a block at the end of sshd_config leaves our file alone to count', async () => {
    expect(await apply({ exclusiveKeys: true })).toBe(0);
    expect(await Promise.all([login(ours), login(own), login(ofBob, 'bob')])).toEqual([
      'alice',
      'refused',
      'bob',
    ]);
    expect(read(config).startsWith(`${original}# begin ubugi\nMatch User alice\n`)).toBe(true);
    expect(read(home)).toBe(`${own.line}\n# mine\n`);
    expect(await rerun()).toBe(0);
    expect(keys()?.outcome).toBe('unchanged');
    expect(await apply({})).toBe(0);
    expect(read(config)).toBe(original);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['alice', 'alice']);
  });

  test('an earlier Match that may bring keys is reported, and a configuration that sshd refuses is not touched', async () => {
    const withMatch = `${original}Match Address 192.0.2.0/24\n  AuthorizedKeysFile /srv/%u\n`;
    writeFileSync(join(root.path, config), withMatch);
    expect(await apply({ exclusiveKeys: true })).toBe(1);
    expect(keys()?.message).toContain('may bring other keys by Match or Include before it ends');
    expect(await apply({})).toBe(0);
    writeFileSync(join(root.path, config), `${original}NoSuchKeyword yes\n`);
    generation += 1;
    const guest = exampleGuest({ files: [] });
    const accounts = guest.accounts.map((account) => ({ ...account, exclusiveKeys: true as const }));
    writeDriveFolder(join(root.path, 'drive'), { ...guest, accounts }, { generation });
    expect(await rerun()).toBe(1);
    expect(keys()?.message).toMatch(/sshd -[tT] .*NoSuchKeyword/s);
    expect(read(config)).toBe(`${original}NoSuchKeyword yes\n`);
    writeFileSync(join(root.path, config), original);
  });

  test('what a person does in her home leads no write elsewhere, copies nothing, and keeps back nobody else', async () => {
    expect(await apply({})).toBe(0);
    const folder = join(root.path, '/home/alice/.ssh');
    const fresh = `ssh-ed25519 ${ours.publicKey.key} second`;
    const changed = { keys: [{ ...ours.publicKey, comment: 'second' }] };
    rmSync(folder, { recursive: true });
    symlinkSync('/etc/ssh', folder);
    await root.run(['chown', '-h', 'alice', '/home/alice/.ssh']);
    expect(await apply(changed)).toBe(1);
    expect(keys()?.message).toContain('keys of alice: ');
    expect(existsSync(join(root.path, 'etc/ssh/authorized_keys'))).toBe(false);
    expect(await login(ofBob, 'bob')).toBe('bob');

    rmSync(folder);
    await root.run(['install', '-d', '-m', '700', '-o', 'alice', '-g', 'alice', '/home/alice/.ssh']);
    linkSync(join(root.path, 'etc/shadow'), join(root.path, home));
    expect(await rerun()).toBe(1);
    expect(keys()?.message).toContain(`${home} does not belong to alice`);
    expect(read(home)).toBe(read('/etc/shadow'));
    expect(statSync(join(root.path, home)).uid).toBe(0);

    rmSync(join(root.path, home));
    await root.run(['mkfifo', '-m', '600', home]);
    await root.run(['chown', 'alice', home]);
    expect(await rerun()).toBe(1);
    expect(keys()?.message).toContain(`${home} is no file`);
    rmSync(join(root.path, home));
    expect(await rerun()).toBe(0);
    expect(read(home)).toBe(block(fresh));
  });

  test('gone: the block goes, her own lines stay, and nothing of it lets her in', async () => {
    writeFileSync(join(root.path, home), `${own.line}\n${block(ours.line)}`);
    expect(await apply('gone')).toBe(0);
    expect(read(home)).toBe(`${own.line}\n`);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['refused', 'refused']);
    expect(await login(ofBob, 'bob')).toBe('bob');
    expect(await rerun()).toBe(0);
    expect(keys()?.outcome).toBe('unchanged');
  });

  test('once sshd reads drop-ins, keys move there', async () => {
    writeFileSync(join(root.path, config), `Include /etc/ssh/sshd_config.d/*.conf\n${original}`);
    expect(await apply({})).toBe(0);
    expect(read(home)).toBe(`${own.line}\n`);
    expect(existsSync(join(root.path, '/home/bob/.ssh/authorized_keys'))).toBe(false);
    expect(await Promise.all([login(ours), login(ofBob, 'bob')])).toEqual(['alice', 'bob']);
  });
});
