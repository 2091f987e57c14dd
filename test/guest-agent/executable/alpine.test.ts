import {
  chmodSync,
  cpSync,
  existsSync,
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
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { sha256, writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** A root as Alpine has it: one static busybox, OpenRC's layout, no bash, no C library, no coreutils. */
let root: string;
let agent: string;
let generation = 0;

beforeAll(async () => {
  agent = await buildAgent('x86_64');
}, 600_000);

beforeEach(async () => {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = mkdtempSync(join(tmpdir(), 'ubugi-alpine-'));
  chmodSync(root, 0o755);
  const { stdout: busybox } = await execa('which', ['busybox']);
  mkdirSync(join(root, 'bin'));
  cpSync(busybox, join(root, 'bin/busybox'));
  for (const path of ['/bin/sh', '/bin/cat', '/bin/id', '/bin/date', '/usr/sbin/ntpd']) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync('/bin/busybox', join(root, path));
  }
  const files = {
    '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n',
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
    '/etc/group': 'root:x:0:root\nadm:x:4:root\n',
    '/etc/shadow': 'root:*::0:::::\n',
    '/etc/hosts': '127.0.0.1\tlocalhost localhost.localdomain\n',
    '/etc/conf.d/ntpd': 'NTPD_OPTS="-N -p pool.ntp.org"\n',
    '/etc/init.d/ntpd': '#!/sbin/openrc-run\n',
    '/etc/runlevels/default/ntpd': '',
    '/usr/share/udhcpc/default.script': 'UDHCPC_CONF="$UDHCPC/udhcpc.conf"\n',
    '/home/.keep': '',
    '/dev/.keep': '',
    '/run/.keep': '',
    '/var/lib/.keep': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  await execa('cp', ['-a', '/dev/null', join(root, 'dev')], { timeout: 10_000 });
  cpSync(agent, join(root, 'agent'));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

async function apply(guest: GuestConfiguration, scripts: Record<string, string> = {}): Promise<AgentReport> {
  writeDriveFolder(join(root, 'drive'), guest, { generation: ++generation, scripts });
  // A host name of its own, or it would be this machine's.
  const argv = ['--uts', 'chroot', root, '/agent', 'apply', '--drive', '/drive'];
  await execa('unshare', argv, { timeout: 30_000, reject: false });
  return JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
}

test('all that needs no service of its own is applied, by the agent and /bin/sh alone', async () => {
  const script = '#!/bin/sh\nset -eu\nid -u >/result\ncat /etc/hostname >>/result\n';
  const guest = exampleGuest({
    network: { interfaces: [] },
    sudo: { rules: [] },
    accounts: exampleGuest().accounts.map((account) => ({ ...account, shell: '/bin/sh', keys: [] })),
    scripts: [{ name: '10-check', sha256: sha256(script), timeoutSeconds: 20 }],
  });
  const report = await apply(guest, { '10-check': script });
  expect(report.resources.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.outcome).toBe('applied');
  expect(read('/result')).toBe('0\nweb-01\n');
  expect(read('/etc/motd')).toBe('web-01, production\n');
  expect(statSync(join(root, 'home/alice/.config/app/settings'))).toMatchObject({
    uid: 5001,
    mode: 0o100600,
  });
  expect(read('/etc/passwd')).toContain('alice:x:5001:5001:Alice Example:/home/alice:/bin/sh\n');
  expect(existsSync(join(root, 'etc/gshadow'))).toBe(false);
  expect(read('/etc/conf.d/ntpd')).toContain(
    'NTPD_OPTS="-N -p ntp1.example.com -p 192.0.2.123 -p pool.example.com"\n',
  );
  expect(read('/etc/udhcpc/udhcpc.conf')).toBe('# begin ubugi\nRESOLV_CONF="no"\n# end ubugi\n');
  const again = await apply(guest, { '10-check': script });
  // The live name: each run has one of its own here.
  expect(
    again.resources.filter(({ outcome }) => outcome === 'changed').flatMap(({ changes }) => changes),
  ).toEqual([{ action: 'update', target: 'live host name', detail: 'web-01' }]);

  const revoked = await apply(
    exampleGuest({ ...guest, ntp: {}, dns: {}, accounts: [], groups: [], files: [], scripts: [] }),
  );
  expect(revoked.resources.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(read('/etc/conf.d/ntpd')).toBe('NTPD_OPTS="-N -p pool.ntp.org"\n');
  expect(existsSync(join(root, 'etc/udhcpc/udhcpc.conf'))).toBe(false);
  // There is no nologin here.
  expect(read('/etc/passwd')).toMatch(/^alice:.*:\/bin\/false$/m);
});
