import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createGuestRoot, type GuestRoot } from '../../../harness/guest-root.ts';
import { chrootTools, type NodeAgent, nodeAgent, scratchAgent } from '../../node-agent.ts';

describe('host name', () => {
  let agent: NodeAgent | undefined;
  afterEach(() => agent?.remove());

  test('stands in /etc/hostname, and nowhere else where nothing else counts', () => {
    const on = (agent = scratchAgent({}));
    on.apply({});
    expect(on.changed.filter((path) => !path.endsWith('.ubugi'))).toEqual(['/etc/hostname', '/etc/hosts']);
    expect(on.read('/etc/hostname')).toBe('web-01\n');
  });

  test('stands wherever a system would take another one from', () => {
    const cloudInit = '/etc/cloud/cloud.cfg.d/99-ubugi-hostname.cfg';
    const on = (agent = scratchAgent({
      '/etc/conf.d/hostname': '# Set to the hostname of this machine\nhostname="localhost"\n',
      '/etc/HOSTNAME': 'linux.site\n',
      '/etc/cloud/cloud.cfg.d/05_logging.cfg': '',
    }));
    on.apply({});
    expect(on.read('/etc/conf.d/hostname')).toBe(
      '# Set to the hostname of this machine\nhostname="localhost"\n# begin ubugi\nhostname="web-01"\n# end ubugi\n',
    );
    expect(on.read('/etc/HOSTNAME')).toBe('web-01.example.com\n');
    expect(on.read(cloudInit)).toBe(
      '# Written by Ubugi: the name on the drive counts.\npreserve_hostname: true\nmanage_etc_hosts: false\n',
    );
    on.apply({});
    expect(on.changed).toEqual([]);
    on.apply({ hostname: { name: 'web-02' } });
    expect(on.read('/etc/conf.d/hostname')).toContain('\nhostname="web-02"\n');
    expect(on.read('/etc/HOSTNAME')).toBe('web-02\n');
  });

  test('the link of SUSE is left as it is', () => {
    const on = (agent = scratchAgent({ '/etc/HOSTNAME': { link: 'hostname' } }));
    on.apply({});
    expect(on.changed).not.toContain('/etc/HOSTNAME');
    expect(on.read('/etc/HOSTNAME')).toBe('web-01\n');
  });
});

describe('with the real cloud-init', () => {
  let guest: GuestRoot;
  beforeAll(async () => {
    guest = await createGuestRoot('tools');
  }, 900_000);
  afterAll(() => guest?.remove());

  test('neither the host name nor /etc/hosts is its to write', async () => {
    nodeAgent(guest.path, chrootTools(guest.path)).apply({}, { offline: true });
    const program = [
      'from cloudinit import stages, util',
      'base = stages.fetch_base_config()',
      'print(util.get_cfg_option_bool(base, "preserve_hostname", False), util.get_cfg_option_str(base, "manage_etc_hosts", "?"))',
    ];
    const { stdout } = await guest.run(['python3', '-c', program.join('\n')]);
    expect(stdout.trim().split('\n').at(-1)).toBe('True False');
  });
});
