import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestAccount } from '../../../schemas/types/guest-configuration.ts';
import { type ChrootSshd, createTestKeys, startChrootSshd, type TestKey } from '../../harness/chroot-sshd.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** Who a real sshd lets in, by what policy says of keys. */
describe('keys, as sshd takes them', () => {
  const pairs = createTestKeys(3);
  const [ours, own, other] = pairs.keys as [TestKey, TestKey, TestKey];
  let root: GuestRoot;
  let sshd: ChrootSshd | undefined;
  let generation = 0;
  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
  }, 600_000);
  afterAll(async () => {
    await sshd?.stop();
    root.remove();
    pairs.remove();
  });

  const report = (): AgentReport =>
    JSON.parse(readFileSync(join(root.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
  const changesOf = (name: string): AgentReport['resources'][number]['changes'] =>
    report().resources.find(({ resource }) => resource === name)?.changes ?? [];
  async function apply(alice: Partial<GuestAccount>): Promise<number> {
    const guest = exampleGuest();
    const accounts = guest.accounts.map((account) =>
      account.name === 'alice' ? { ...account, keys: [ours.publicKey], ...alice } : account,
    );
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), { ...guest, accounts }, { generation });
    const { status } = await root.run(['/agent', 'apply', '--drive', '/drive', '--offline']);
    // As the reload does that the agent asks for on a running system.
    await sshd?.stop();
    sshd = await startChrootSshd(root);
    return status;
  }
  const login = (key: TestKey, account = 'alice'): Promise<string | undefined> =>
    sshd?.login(account, key, 'id -un') ?? Promise.resolve(undefined);
  const effective = async (account: string): Promise<string> =>
    (await root.run(['sshd', '-T', '-C', `user=${account},host=h,addr=192.0.2.9,laddr=192.0.2.1,lport=22`]))
      .stdout;

  test('shared: what a person adds in her home counts beside what is configured', async () => {
    expect(await apply({})).toBe(0);
    const script = `mkdir -p -m 700 /home/alice/.ssh && cd /home/alice/.ssh && printf '%s\\n' '${own.line}' | tee authorized_keys > authorized_keys2 && chown -R alice:alice .`;
    expect((await root.run(['sh', '-c', script])).status).toBe(0);
    expect(await Promise.all([login(ours), login(own), login(other)])).toEqual(['alice', 'alice', 'refused']);
  });

  test('exclusive: only what is configured does, and nothing in the home is touched', async () => {
    writeFileSync(
      join(root.path, 'etc/ssh/sshd_config.d/50-site.conf'),
      'AuthorizedKeysCommand /usr/local/bin/keys\nAuthorizedKeysCommandUser nobody\n',
    );
    expect(await apply({ exclusiveKeys: true })).toBe(0);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['alice', 'refused']);
    expect(readFileSync(join(root.path, 'home/alice/.ssh/authorized_keys'), 'utf8')).toBe(`${own.line}\n`);
    expect(await effective('alice')).toContain('authorizedkeysfile /etc/ssh/authorized_keys.d/%u\n');
    expect(await effective('alice')).toContain('authorizedkeyscommand none\n');
    expect(await effective('bob')).toContain('authorizedkeyscommand /usr/local/bin/keys\n');
    expect(await effective('bob')).toContain('authorizedkeysfile .ssh/authorized_keys /etc/ssh');
    expect(changesOf('keys')).toContainEqual({
      action: 'update',
      target: '/etc/ssh/sshd_config.d/05-ubugi.conf',
      detail:
        'only the configured keys for alice; for them no longer: AuthorizedKeysCommand of /etc/ssh/sshd_config.d/50-site.conf',
    });
    expect((await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status).toBe(0);
    expect(report().outcome).toBe('unchanged');
  });

  test('exclusive without a key: nobody, not even by a file that somebody else left for us', async () => {
    expect(await apply({ exclusiveKeys: true, keys: [] })).toBe(0);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['refused', 'refused']);
    writeFileSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'), `${other.line}\n`);
    expect(await apply({ exclusiveKeys: true, keys: [] })).toBe(0);
    expect(await login(other)).toBe('refused');
  });

  test('shared again: her own keys count again', async () => {
    expect(await apply({})).toBe(0);
    expect(await Promise.all([login(ours), login(own)])).toEqual(['alice', 'alice']);
    expect(readFileSync(join(root.path, 'etc/ssh/sshd_config.d/05-ubugi.conf'), 'utf8')).not.toContain(
      'Match',
    );
  });

  test('a configuration that sshd refuses changes nothing', async () => {
    const broken = join(root.path, 'etc/ssh/sshd_config.d/60-broken.conf');
    const before = readFileSync(join(root.path, 'etc/ssh/sshd_config.d/05-ubugi.conf'), 'utf8');
    writeFileSync(broken, 'NoSuchKeyword yes\n');
    generation += 1;
    const guest = exampleGuest();
    const accounts = guest.accounts.map((account) => ({ ...account, exclusiveKeys: true as const }));
    writeDriveFolder(join(root.path, 'drive'), { ...guest, accounts }, { generation });
    expect((await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status).toBe(1);
    expect(readFileSync(join(root.path, 'etc/ssh/sshd_config.d/05-ubugi.conf'), 'utf8')).toBe(before);
    await root.run(['rm', '/etc/ssh/sshd_config.d/60-broken.conf']);
    expect(existsSync(broken)).toBe(false);
  });

  test('a drop-in before ours that may bring other keys is reported', async () => {
    const early = join(root.path, 'etc/ssh/sshd_config.d/00-early.conf');
    writeFileSync(early, 'Match Address 192.0.2.0/24\n  AuthorizedKeysFile /srv/keys/%u\n');
    expect(await apply({ exclusiveKeys: true })).toBe(1);
    expect(report().resources.find(({ resource }) => resource === 'keys')).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('/etc/ssh/sshd_config.d/00-early.conf is read before') as string,
    });
    await root.run(['rm', '/etc/ssh/sshd_config.d/00-early.conf']);
  });

  test('options hold: a command is all that runs, and a key from elsewhere or of yesterday lets nobody in', async () => {
    const withOptions = (options: GuestAccount['keys'][number]['options']): GuestAccount['keys'] =>
      options === undefined ? [ours.publicKey] : [{ ...ours.publicKey, options }];
    expect(await apply({ keys: withOptions({ flags: ['restrict'], command: '/usr/bin/id -u' }) })).toBe(0);
    expect(await login(ours)).toBe('5001');
    expect(await apply({ keys: withOptions({ from: ['192.0.2.0/24', '!127.0.0.1'] }) })).toBe(0);
    expect(await login(ours)).toBe('refused');
    expect(await apply({ keys: withOptions({ from: ['127.0.0.0/8'] }) })).toBe(0);
    expect(await login(ours)).toBe('alice');
    expect(await apply({ keys: withOptions({ expiryTime: '2020-01-02T03:04:05Z' }) })).toBe(0);
    expect(await login(ours)).toBe('refused');
    expect(await apply({ keys: withOptions({ expiryTime: '2099-01-02T03:04:05Z' }) })).toBe(0);
    expect(await login(ours)).toBe('alice');
    expect(readFileSync(join(root.path, 'etc/ssh/authorized_keys.d/alice'), 'utf8')).toBe(
      `expiry-time="20990102030405Z" ${ours.line}\n`,
    );
  });
});
