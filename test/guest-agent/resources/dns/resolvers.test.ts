import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../../../schemas/types/agent-report.ts';
import { addDebianPackages } from '../../../harness/debian-package.ts';
import { createGuestRoot, type GuestRoot } from '../../../harness/guest-root.ts';
import { chrootTools, type NodeAgent, nodeAgent, scratchAgent } from '../../node-agent.ts';

const wanted = { servers: ['192.0.2.53', '2001:db8::53'], search: ['example.com', 'corp.example'] };
const rendered = 'search example.com corp.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n';

const result = (report: AgentReport): AgentReport['resources'][number] | undefined =>
  report.resources.find(({ resource }) => resource === 'dns');

describe('resolv.conf as a plain file', () => {
  let agent: NodeAgent | undefined;
  afterEach(() => agent?.remove());

  test('is kept where there is one, and stays when nothing is wanted', () => {
    const on = (agent = scratchAgent({ '/etc/resolv.conf': 'nameserver 198.51.100.1\noptions edns0\n' }));
    on.apply({ dns: wanted });
    expect(on.read('/etc/resolv.conf')).toBe(`# Written by Ubugi.\n${rendered}options edns0\n`);
    expect(result(on.apply({ dns: wanted }))?.outcome).toBe('unchanged');
    expect(on.changed).toEqual([]);
    on.apply({});
    expect(on.read('/etc/resolv.conf')).toContain('nameserver 192.0.2.53\n');
  });

  test('keeps its name servers where only a search list is wanted, and the other way round', () => {
    const on = (agent = scratchAgent({
      '/etc/resolv.conf': 'domain old.example\nnameserver 198.51.100.1\n',
    }));
    on.apply({ dns: { search: ['example.com'] } });
    expect(on.read('/etc/resolv.conf')).toBe(
      '# Written by Ubugi.\nsearch example.com\nnameserver 198.51.100.1\n',
    );
    on.apply({ dns: { servers: ['192.0.2.53'] } });
    expect(on.read('/etc/resolv.conf')).toBe(
      '# Written by Ubugi.\nsearch example.com\nnameserver 192.0.2.53\n',
    );
  });

  test('takes the place of a link to a file that no back end is for, and says so', () => {
    const on = (agent = scratchAgent({ '/etc/resolv.conf': { link: '/run/connman/resolv.conf' } }));
    expect(result(on.apply({ dns: wanted }))?.changes).toEqual([
      {
        action: 'update',
        target: '/etc/resolv.conf',
        detail: 'was a link to /run/connman/resolv.conf, whose writer is no longer heard',
      },
    ]);
    expect(on.read('/etc/resolv.conf')).toBe(`# Written by Ubugi.\n${rendered}`);
  });

  test('DHCP clients leave it alone as long as it is ours', () => {
    const script =
      'UDHCPC="/etc/udhcpc"\nUDHCPC_CONF="$UDHCPC/udhcpc.conf"\nRESOLV_CONF="/etc/resolv.conf"\n';
    const dhcpcd = 'hostname\ninterface eth0\nstatic ip_address=192.0.2.2/24\n';
    const on = (agent = scratchAgent({
      '/etc/dhcp/dhclient-enter-hooks.d/debug': '# here\n',
      '/usr/share/udhcpc/default.script': script,
      '/etc/dhcpcd.conf': dhcpcd,
    }));
    on.apply({ dns: wanted });
    expect(on.read('/etc/dhcp/dhclient-enter-hooks.d/ubugi')).toContain('make_resolv_conf() { :; }\n');
    expect(on.read('/etc/udhcpc/udhcpc.conf')).toBe('# begin ubugi\nRESOLV_CONF="no"\n# end ubugi\n');
    expect(on.read('/etc/dhcpcd.conf')).toBe(`# begin ubugi\nnohook resolv.conf\n# end ubugi\n${dhcpcd}`);
    on.apply({ dns: wanted });
    expect(on.changed).toEqual([]);
    on.apply({});
    expect(existsSync(join(on.root, 'etc/dhcp/dhclient-enter-hooks.d/ubugi'))).toBe(false);
    expect(existsSync(join(on.root, 'etc/udhcpc/udhcpc.conf'))).toBe(false);
    expect(on.read('/etc/dhcpcd.conf')).toBe(dhcpcd);
  });

  test('settings that somebody added to a file of ours stay', () => {
    const on = (agent = scratchAgent({ '/usr/share/udhcpc/default.script': '. /etc/udhcpc/udhcpc.conf\n' }));
    on.apply({ dns: wanted });
    on.put('/etc/udhcpc/udhcpc.conf', `IF_METRIC=1\n${on.read('/etc/udhcpc/udhcpc.conf')}`);
    on.apply({});
    expect(on.read('/etc/udhcpc/udhcpc.conf')).toBe('IF_METRIC=1\n');
  });
});

describe('name services of a real root', () => {
  let guest: GuestRoot;
  let agent: NodeAgent;
  beforeAll(async () => {
    guest = await createGuestRoot('tools');
    agent = nodeAgent(guest.path, chrootTools(guest.path));
  }, 900_000);
  beforeEach(() => {
    for (const path of [
      'etc/resolv.conf',
      'etc/resolv.conf.bak',
      'etc/systemd/resolved.conf.d',
      'run',
      'var/lib/ubugi',
    ]) {
      rmSync(join(guest.path, path), { recursive: true, force: true });
    }
    mkdirSync(join(guest.path, 'run'));
  });
  afterAll(() => guest?.remove());

  test('systemd-resolved reads the drop-in last', async () => {
    agent.put('/etc/resolv.conf', { link: '../run/systemd/resolve/stub-resolv.conf' });
    agent.put('/etc/systemd/resolved.conf.d/10-site.conf', '[Resolve]\nDNS=198.51.100.1\n');
    agent.apply({ dns: wanted }, { offline: true });
    const { stdout } = await guest.run(['systemd-analyze', 'cat-config', 'systemd/resolved.conf']);
    const lines = stdout.split('\n').filter((line) => /^(\[|DNS|FallbackDNS|Domains)/.test(line));
    expect(lines).toEqual([
      '[Resolve]',
      '[Resolve]',
      'DNS=198.51.100.1',
      '[Resolve]',
      'DNS=',
      'DNS=192.0.2.53 2001:db8::53',
      'FallbackDNS=',
      'Domains=example.com corp.example',
    ]);
    agent.apply({ dns: wanted }, { offline: true });
    expect(agent.changed).toEqual([]);
    agent.apply({}, { offline: true });
    expect(existsSync(join(guest.path, 'etc/systemd/resolved.conf.d/50-ubugi.conf'))).toBe(false);
  });

  describe('openresolv', () => {
    beforeAll(() => addDebianPackages(guest.path, ['openresolv']));

    test('writes ours first, then what DHCP brings; and without ours when it is taken back', async () => {
      const settings = agent.read('/etc/resolvconf.conf');
      agent.put('/etc/resolv.conf', '');
      await guest.run(['resolvconf', '-a', 'eth0'], {
        input: 'nameserver 198.51.100.1\nsearch dhcp.example\n',
      });
      expect(agent.read('/etc/resolv.conf')).toContain('nameserver 198.51.100.1\n');
      expect(result(agent.apply({ dns: wanted }))).toMatchObject({ outcome: 'changed' });
      expect(agent.read('/etc/resolv.conf')).toBe(
        '# Generated by resolvconf\nsearch example.com corp.example dhcp.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver 198.51.100.1\n',
      );
      expect(result(agent.apply({ dns: wanted }))).toMatchObject({ outcome: 'unchanged' });
      expect([agent.changed, agent.tools]).toEqual([[], []]);
      agent.apply({});
      expect(agent.read('/etc/resolvconf.conf')).toBe(settings);
      expect(agent.read('/etc/resolv.conf')).toBe(
        '# Generated by resolvconf\nsearch dhcp.example\nnameserver 198.51.100.1\n',
      );
    });

    test('in a root that does not run, resolv.conf is written as it will be', async () => {
      agent.put('/etc/resolv.conf', '');
      agent.apply({ dns: wanted }, { offline: true });
      const offline = agent.read('/etc/resolv.conf');
      rmSync(join(guest.path, 'etc/resolv.conf'));
      await guest.run(['resolvconf', '-u']);
      expect(agent.read('/etc/resolv.conf')).toBe(offline);
      agent.apply({}, { offline: true });
    });
  });

  test("Debian's resolvconf writes ours first and searches ours", async () => {
    await addDebianPackages(guest.path, ['resolvconf']);
    rmSync(join(guest.path, 'etc/resolvconf.conf'), { force: true });
    mkdirSync(join(guest.path, 'run/resolvconf/interface'), { recursive: true });
    agent.put('/run/resolvconf/enable-updates', '');
    agent.put('/run/resolvconf/resolv.conf', '');
    agent.put('/etc/resolv.conf', { link: '../run/resolvconf/resolv.conf' });
    const folder = '/etc/resolvconf/resolv.conf.d';
    const before = ['head', 'base'].map((name) => agent.read(`${folder}/${name}`));
    await guest.run(['resolvconf', '-a', 'eth0'], { input: 'nameserver 198.51.100.1\n' });
    expect(result(agent.apply({ dns: wanted }))).toMatchObject({ outcome: 'changed' });
    const lines = agent
      .read('/etc/resolv.conf')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line));
    expect(lines).toEqual([
      'nameserver 192.0.2.53',
      'nameserver 2001:db8::53',
      'nameserver 198.51.100.1',
      'search example.com corp.example',
    ]);
    agent.apply({ dns: wanted });
    expect([agent.changed, agent.tools]).toEqual([[], []]);
    agent.apply({});
    expect(['head', 'base'].map((name) => agent.read(`${folder}/${name}`))).toEqual(before);
    expect(agent.read('/etc/resolv.conf')).not.toContain('192.0.2.53');
  });
});
