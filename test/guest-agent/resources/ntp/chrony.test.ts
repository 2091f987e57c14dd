import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../../../schemas/types/agent-report.ts';
import { createGuestRoot, type GuestRoot } from '../../../harness/guest-root.ts';
import { chrootTools, type NodeAgent, nodeAgent } from '../../node-agent.ts';

const wanted = { servers: ['ntp1.example.com', '192.0.2.123'], pools: ['pool.example.com'] };
const sources = [
  'server ntp1.example.com iburst',
  'server 192.0.2.123 iburst',
  'pool pool.example.com iburst',
];

/** How distributions lay out chrony's configuration; `own` is where our sources are expected. */
const layouts = {
  Debian: {
    own: '/etc/chrony/sources.d/ubugi.sources',
    tree: {
      '/etc/chrony/chrony.conf':
        'confdir /etc/chrony/conf.d\npool 2.debian.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\ndriftfile /var/lib/chrony/chrony.drift\n',
      '/etc/chrony/conf.d/README': 'pool in a file that is not read\n',
      '/run/chrony-dhcp/eth0.sources': 'server 198.51.100.1 iburst\n',
    },
  },
  'Ubuntu 24.10, whose pools lie in sources.d': {
    own: '/etc/chrony/sources.d/ubugi.sources',
    tree: {
      '/etc/chrony/chrony.conf':
        'confdir /etc/chrony/conf.d\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\nmakestep 1 3\n',
      '/etc/chrony/sources.d/ubuntu-ntp-pools.sources':
        '# pools\npool 1.ntp.ubuntu.com iburst maxsources 1 nts prefer\npool 2.ntp.ubuntu.com iburst maxsources 1\n',
    },
  },
  'RHEL, Rocky, Alma, Fedora': {
    own: undefined,
    tree: {
      '/etc/chrony.conf':
        '# Use public servers\npool 2.rhel.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\ndriftfile /var/lib/chrony/drift\nrtcsync\n',
    },
  },
  'SLES and openSUSE': {
    own: '/etc/chrony.d/ubugi.conf',
    tree: {
      '/etc/chrony.conf':
        '! pool pool.ntp.org iburst\ninclude /etc/chrony.d/*.conf\ndriftfile /var/lib/chrony/drift\n',
      '/etc/chrony.d/pool.conf': 'pool 2.opensuse.pool.ntp.org iburst\n',
      '/etc/chrony.d/pool.conf.rpmsave': 'pool 3.opensuse.pool.ntp.org iburst\n',
    },
  },
  Alpine: {
    own: undefined,
    tree: {
      '/etc/chrony/chrony.conf':
        'pool pool.ntp.org iburst\ninitstepslew 10 pool.ntp.org\ndriftfile /var/lib/chrony/chrony.drift\nrtcsync\ncmdport 0\n',
    },
  },
  'a tree of includes that loops': {
    own: '/etc/chrony/a/ubugi.conf',
    tree: {
      '/etc/chrony/chrony.conf': 'include /etc/chrony/one.cfg\nConfDir /etc/chrony/a/ /etc/chrony/b\n',
      '/etc/chrony/one.cfg': 'Server 198.51.100.1\nrefclock SHM 0\n',
      '/etc/chrony/a/10.conf': 'peer 198.51.100.2',
      '/etc/chrony/a/20.conf': 'makestep 1 3\n',
      '/etc/chrony/b/10.conf': 'server hidden.by.a\n',
      '/etc/chrony/b/30.conf': '  server 198.51.100.3 iburst\n',
    },
  },
} as const;

describe('chrony, with the real chronyd', () => {
  let guest: GuestRoot;
  let agent: NodeAgent;
  beforeAll(async () => {
    guest = await createGuestRoot('tools');
    agent = nodeAgent(guest.path, chrootTools(guest.path));
  }, 900_000);
  beforeEach(() => {
    for (const path of ['etc/chrony', 'etc/chrony.conf', 'etc/chrony.d', 'run', 'var/lib/ubugi']) {
      rmSync(join(guest.path, path), { recursive: true, force: true });
    }
    agent.put('/run/chrony-dhcp/none', '');
  });
  afterAll(() => guest?.remove());

  const result = (report: AgentReport): AgentReport['resources'][number] | undefined =>
    report.resources.find(({ resource }) => resource === 'ntp');
  async function chronydReads(main: string): Promise<readonly string[]> {
    const { stdout } = await guest.run(['chronyd', '-p', '-f', main]);
    return stdout.split('\n').filter((line) => /^\s*(server|pool|peer)\s/i.test(line));
  }

  test.each(Object.entries(layouts))('%s', async (_, { own, tree }) => {
    const paths = Object.keys(tree).filter((path) => path.startsWith('/etc'));
    for (const [path, text] of Object.entries(tree)) agent.put(path, text);
    const before = paths.map((path) => agent.read(path));
    const main = paths.find((path) => path.endsWith('/chrony.conf')) ?? '';

    expect(result(agent.apply({ ntp: wanted }, { offline: true }))).toMatchObject({ outcome: 'changed' });
    const after = paths.map((path) => agent.read(path));
    // `chronyd -p` does not print what a sourcedir brings.
    const read = await chronydReads(main);
    const ours = own?.endsWith('.sources') === true ? agent.read(own).split('\n').slice(1, -1) : [];
    expect([...read, ...ours]).toEqual(sources);
    expect(agent.read(main)).not.toMatch(/^sourcedir \/run/m);
    if (own !== undefined) expect(agent.read(own)).toBe(`# Written by Ubugi.\n${sources.join('\n')}\n`);

    expect(result(agent.apply({ ntp: wanted }, { offline: true }))).toMatchObject({ outcome: 'unchanged' });
    expect(agent.changed).toEqual([]);
    expect(agent.tools).toEqual([]);
    expect(paths.map((path) => agent.read(path))).toEqual(after);

    expect(result(agent.apply({ ntp: { servers: ['192.0.2.9'] } }, { offline: true }))?.outcome).toBe(
      'changed',
    );
    expect(result(agent.apply({}, { offline: true }))).toMatchObject({ outcome: 'changed' });
    expect(paths.map((path) => agent.read(path))).toEqual(before);
    if (own !== undefined) expect(() => agent.read(own)).toThrow('ENOENT');
  });

  test('sources that we cannot reach are named, and nothing is written', () => {
    agent.put('/etc/chrony/odd-a/x', 'server 198.51.100.7 iburst\n');
    agent.put('/etc/chrony/chrony.conf', 'include /etc/chrony/odd-*/x\n');
    expect(result(agent.apply({ ntp: wanted }, { offline: true }))).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('server 198.51.100.7 iburst') as string,
    });
    expect(agent.changed).toEqual([]);
    expect(agent.read('/etc/chrony/chrony.conf')).toBe('include /etc/chrony/odd-*/x\n');
  });

  test('a chrony.conf that is a link is left alone', () => {
    agent.put('/etc/chrony/real', 'pool pool.ntp.org\n');
    agent.put('/etc/chrony/chrony.conf', { link: 'real' });
    expect(result(agent.apply({ ntp: wanted }, { offline: true }))).toMatchObject({
      outcome: 'failed',
      message:
        '/etc/chrony/chrony.conf is not a plain text file: make it one, or remove it with its time service',
    });
    expect(agent.changed).toEqual([]);
  });
});
