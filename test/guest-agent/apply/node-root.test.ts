import {
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAgent } from '../../../guest-agent/agent/agent.ts';
import type { DriveValidators } from '../../../guest-agent/agent/configuration/drive.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';
import type { System, ToolRun } from '../../../guest-agent/agent/system/system.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** The same logic under Node, on a temporary root that only has what a test gives it. */
describe('agent on a temporary root', () => {
  let root: string;
  let tools: ToolRun[];
  let printed: string;
  let ended: number[];
  const schemas = createValidators();
  const validators: DriveValidators = {
    guestConfiguration: (value): value is GuestConfiguration =>
      schemas.guestConfiguration(value).kind === 'valid',
    manifest: (value): value is Manifest => schemas.manifest(value).kind === 'valid',
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ubugi-root-'));
    tools = [];
    ended = [];
    printed = '';
    put('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n');
    put('/etc/group', 'root:x:0:\n');
    put('/etc/shadow', 'root:*:19000:0:99999:7:::\n');
    put('/etc/gshadow', 'root:*::\n');
    put('/etc/skel/.profile', 'umask 077\n');
    for (const folder of ['home', 'run', 'var/lib', 'dev/virtio-ports'])
      mkdirSync(join(root, folder), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  function system(): System {
    return createNodeSystem({
      root,
      now: () => Date.UTC(2026, 0, 2),
      processes: {
        run: (list) => {
          tools.push(...list);
          return list.map(() => ({ status: 0, output: '', timedOut: false }));
        },
        endSessions: (uid) => ended.push(uid),
      },
    });
  }
  function run(
    guest: GuestConfiguration,
    options: { readonly offline?: boolean; readonly generation?: number; readonly on?: System } = {},
  ): number {
    writeDriveFolder(join(root, 'drive'), guest, { generation: options.generation ?? 1 });
    const agent = createAgent({
      system: options.on ?? system(),
      validators,
      version: '1.2.3',
      print: (text) => (printed += text),
    });
    return agent([
      'apply',
      '--drive',
      '/drive',
      '--verified',
      ...(options.offline === false ? [] : ['--offline']),
    ]);
  }
  const minimal = (changes: Partial<GuestConfiguration> = {}): GuestConfiguration =>
    exampleGuest({ network: { interfaces: [] }, ntp: {}, sudo: { rules: [] }, ...changes });

  test('applies what the root has tools for and says what it skips', () => {
    expect(run(exampleGuest())).toBe(0);
    const report = JSON.parse(read('/var/lib/ubugi/report.json')) as AgentReport;
    expect(schemas.agentReport(report).kind).toBe('valid');
    expect(report).toMatchObject({ outcome: 'applied', verified: true, agent: { version: '1.2.3' } });
    const skipped = report.resources
      .filter(({ outcome }) => outcome === 'skipped')
      .map(({ resource }) => resource);
    expect(skipped).toEqual(['network', 'ntp', 'keys', 'sudoers']);
    expect(read('/etc/resolv.conf')).toContain('nameserver 192.0.2.53\n');
    expect(statSync(join(root, 'home/alice/.profile')).uid).toBe(5001);
    expect(JSON.parse(read('/var/lib/ubugi/applied.json'))).toMatchObject({ generation: 1 });
    expect(printed).toContain('ubugi: generation 1 of web-01 applied');
  });

  test('an unchanged run leaves the lasting report as it is', () => {
    run(minimal());
    const before = read('/var/lib/ubugi/report.json');
    expect(run(minimal())).toBe(0);
    expect(read('/var/lib/ubugi/report.json')).toBe(before);
    expect(JSON.parse(read('/run/ubugi/report.json'))).toMatchObject({ outcome: 'unchanged' });
  });

  test('hands the report to the hypervisor as one line and ends sessions of the revoked, when live', () => {
    put('/dev/virtio-ports/org.ubugi.report.0', '');
    run(minimal(), { offline: false });
    const lines = read('/dev/virtio-ports/org.ubugi.report.0').split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ origin: 'guest', outcome: 'applied' });
    run(minimal({ accounts: [], groups: [], files: [] }), { offline: false, generation: 2 });
    expect(ended).toEqual([5001, 5002]);
  });

  test('puts one line on the console of a run that nobody called by hand', () => {
    put('/dev/console', '');
    const on = system();
    const runAs = (trigger: readonly string[], guest: GuestConfiguration, generation = 1): void => {
      writeDriveFolder(join(root, 'drive'), guest, { generation });
      const agent = createAgent({ system: on, validators, version: '1.2.3', print: () => undefined });
      agent(['apply', '--drive', '/drive', ...trigger]);
    };
    const lines = (): readonly string[] => read('/dev/console').split('\n').slice(0, -1);
    runAs([], minimal());
    expect(lines()).toEqual([]);
    runAs(['--trigger', 'boot'], minimal());
    expect(lines()).toEqual([expect.stringMatching(/^ubugi: generation 1 of web-01 unchanged in \d+ ms$/)]);
    for (const trigger of ['timer', 'medium-change']) runAs(['--trigger', trigger], minimal());
    expect(lines()).toHaveLength(1);
    runAs(['--trigger', 'medium-change'], minimal({ hostname: { name: 'web-02' } }), 2);
    expect(lines()[1]).toMatch(/^ubugi: generation 2 of web-01 applied, \d+ changes in \d+ ms$/);
    runAs(['--trigger', 'boot'], minimal());
    expect(lines()[2]).toMatch(/^ubugi: refused: generation 1 is older than generation 2/);
  });

  test('restarts chrony only where it runs, and gives its own pool back', () => {
    put('/usr/sbin/chronyd', '');
    put('/usr/bin/systemctl', '');
    put('/run/chrony/chronyd.pid', '1\n');
    put('/run/systemd/system/session.scope', '');
    put('/usr/lib/systemd/system/chrony.service', '');
    const own = 'pool 2.debian.pool.ntp.org iburst\n';
    put('/etc/chrony/chrony.conf', own);
    const wanted = minimal({ ntp: { servers: ['192.0.2.1'] } });
    // Nobody answers `chronyd -p` here: the check fails and the file stays.
    expect(run(wanted, { offline: false })).toBe(1);
    expect(read('/etc/chrony/chrony.conf')).toBe(own);
    const answering = createNodeSystem({
      root,
      processes: {
        run: (list) => {
          tools.push(...list);
          return list.map(() => ({ status: 0, output: 'server 192.0.2.1 iburst\n', timedOut: false }));
        },
        endSessions: () => undefined,
      },
    });
    tools = [];
    expect(run(wanted, { offline: false, on: answering })).toBe(0);
    expect(read('/etc/chrony/chrony.conf')).toBe(
      `# disabled by ubugi: ${own}# begin ubugi\nserver 192.0.2.1 iburst\n# end ubugi\n`,
    );
    expect(tools.map(({ argv }) => argv.join(' '))).toContain(
      '/usr/bin/systemctl --no-block try-restart chrony.service',
    );
    expect(run(minimal(), { generation: 2 })).toBe(0);
    expect(read('/etc/chrony/chrony.conf')).toBe(own);
  });

  test('ifupdown: by MAC address, and nothing at all with a problem', () => {
    put('/usr/sbin/ifup', '');
    put('/etc/network/interfaces', 'source /etc/network/interfaces.d/*\n');
    put('/sys/class/net/ens3/address', '52:54:00:12:34:56\n');
    expect(run(exampleGuest(), { offline: false })).toBe(0);
    expect(read('/etc/network/interfaces.d/ubugi')).toContain('auto ens3\niface ens3 inet static\n');
    const before = read('/etc/network/interfaces.d/ubugi');
    const more = exampleGuest();
    more.network.interfaces.push({ mac: '52:54:00:00:00:01', dhcp4: true });
    expect(run(more, { offline: false, generation: 2 })).toBe(1);
    expect(read('/etc/network/interfaces.d/ubugi')).toBe(before);
    expect(printed).toContain('interface 52:54:00:00:00:01: the guest has none with that MAC address');
  });

  test('networkd: by MAC address, old units of ours go, and it is enabled where nothing else is there', () => {
    put('/usr/lib/systemd/systemd-networkd', '');
    put('/usr/lib/systemd/system/systemd-networkd.service', '');
    expect(run(exampleGuest())).toBe(0);
    expect(existsSync(join(root, 'etc/systemd/network/05-ubugi-525400123456.network'))).toBe(true);
    expect(
      lstatSync(
        join(root, 'etc/systemd/system/multi-user.target.wants/systemd-networkd.service'),
      ).isSymbolicLink(),
    ).toBe(true);
    expect(run(exampleGuest())).toBe(0);
    expect(printed).toContain('unchanged in');
    expect(
      run(exampleGuest({ network: { interfaces: [{ mac: '52:54:00:00:00:01', dhcp4: true }] } }), {
        generation: 2,
      }),
    ).toBe(0);
    expect(existsSync(join(root, 'etc/systemd/network/05-ubugi-525400123456.network'))).toBe(false);
    expect(existsSync(join(root, 'etc/systemd/network/05-ubugi-525400000001.network'))).toBe(true);
  });

  test("systemd-resolved's link stays a link", () => {
    put('/usr/lib/systemd/systemd-resolved', '');
    symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
    expect(run(minimal())).toBe(0);
    expect(read('/etc/systemd/resolved.conf.d/50-ubugi.conf')).toContain('DNS=192.0.2.53 2001:db8::53\n');
    expect(existsSync(join(root, 'etc/resolv.conf'))).toBe(false);
  });

  test('follows links of root on the way to a file, but none that a user could have placed', () => {
    mkdirSync(join(root, 'usr/etc'), { recursive: true });
    symlinkSync('usr/etc', join(root, 'opt'));
    const file = { path: '/opt/x', mode: '0640', owner: 'root', group: 'root', content: 'x\n' };
    expect(run(minimal({ files: [file] }))).toBe(0);
    expect(read('/usr/etc/x')).toBe('x\n');
    lchownSync(join(root, 'opt'), 5001, 5001);
    expect(run(minimal({ files: [{ ...file, content: 'y\n' }] }), { generation: 2 })).toBe(1);
    expect(read('/usr/etc/x')).toBe('x\n');
    chownSync(join(root, 'usr/etc/x'), 0, 0);
  });

  test.each([
    ['a path in /proc', { path: '/proc/x' }, /nothing lasts there/],
    ['sudoers', { path: '/etc/sudoers.d/x' }, /written by their own resource/],
    ['an unknown owner', { owner: 'nobody-here' }, /there is no account nobody-here/],
  ])('files: refuses %s, and goes on with the rest', (_, changes, message) => {
    const file = { path: '/etc/x', mode: '0644', owner: 'root', group: 'root', content: '', ...changes };
    expect(run(minimal({ files: [file] }))).toBe(1);
    expect(printed).toMatch(message);
    expect(read('/etc/passwd')).toContain('alice');
  });

  test.each([
    ['no arguments', [], 2],
    ['a relative drive', ['apply', '--drive', 'drive'], 2],
    ['an unknown flag', ['apply', '--drive', '/drive', '--force'], 2],
    ['no drive there', ['apply', '--drive', '/nowhere'], 2],
    ['version', ['version'], 0],
  ])('command line: %s', (_, given, status) => {
    const agent = createAgent({
      system: system(),
      validators,
      version: '1.2.3',
      print: (text) => (printed += text),
    });
    expect(agent(given)).toBe(status);
    expect(printed).not.toBe('');
  });

  test.each<readonly [string, (guest: GuestConfiguration) => unknown]>([
    ['two accounts with one uid', (guest) => guest.accounts.map((account) => ({ ...account, uid: 5001 }))],
    ['uid 0', (guest) => guest.accounts.map((account) => ({ ...account, uid: 0 }))],
    ['a newline in gecos', (guest) => guest.accounts.map((account) => ({ ...account, gecos: 'a\nb' }))],
    ['an unknown field', (guest) => guest.accounts.map((account) => ({ ...account, password: 'x' }))],
  ])('refuses %s before anything is read', (_, accounts) => {
    const guest = minimal();
    expect(run({ ...guest, accounts: accounts(guest) as GuestConfiguration['accounts'] })).toBe(2);
    expect(read('/etc/passwd')).not.toContain('alice');
    expect(JSON.parse(read('/run/ubugi/report.json'))).toMatchObject({ outcome: 'refused' });
  });
});
