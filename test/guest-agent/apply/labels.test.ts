import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { exampleGuest } from '../example-guest.ts';
import { contentTools, type NodeAgent, scratchAgent } from '../node-agent.ts';

const resolv = { dns: { servers: ['192.0.2.53'] } };
const selinux = { '/sys/fs/selinux/enforce': '1', '/usr/sbin/restorecon': '' };

describe('SELinux labels', () => {
  let agent: NodeAgent;
  let status: number;
  const start = (tree: Parameters<typeof scratchAgent>[0]): NodeAgent => {
    agent = scratchAgent({ '/etc/resolv.conf': 'nameserver 198.51.100.1\n', ...tree }, (tool) => ({
      ...contentTools(tool),
      status: tool.argv[0].endsWith('restorecon') ? status : 0,
      output: 'restorecon: no policy\n',
    }));
    return agent;
  };
  beforeEach(() => {
    status = 0;
  });
  afterEach(() => agent.remove());

  const restorecon = (): readonly (readonly string[])[] =>
    agent.tools.map(({ argv }) => argv).filter(([tool]) => tool?.endsWith('restorecon'));
  const result = (report: AgentReport, name: string): AgentReport['resources'][number] | undefined =>
    report.resources.find(({ resource }) => resource === name);

  test('one process labels all that was written, our own records left out, even where nothing runs', () => {
    const { accounts, groups } = exampleGuest();
    mkdirSync(join(start(selinux).root, 'home'));
    mkdirSync(join(agent.root, 'etc/skel/.config'), { recursive: true });
    writeFileSync(join(agent.root, 'etc/skel/.config/x'), '');
    const bob = {
      accounts: accounts.slice(1).map((account) => ({ ...account, keys: [] })),
      groups: groups.slice(1, 2),
    };
    agent.apply({ ...resolv, ...bob }, { offline: true });
    expect(restorecon()).toEqual([
      [
        '/usr/sbin/restorecon',
        '-i',
        '/etc/hostname',
        '/etc/hosts',
        '/etc/resolv.conf',
        '/etc/group',
        '/etc/passwd',
        '/etc/shadow',
        '/home/bob',
        '/home/bob/.config',
        '/home/bob/.config/x',
      ],
    ]);
    agent.apply({ ...resolv, ...bob }, { offline: true });
    expect(agent.tools).toEqual([]);
  });

  test('a file that takes the place of another has its label before its name', () => {
    start(selinux).apply(resolv);
    const labelled = agent.labels;
    expect(labelled).toContainEqual(['/etc/resolv.conf', '/etc/.resolv.conf.ubugi']);
    expect(labelled.map(([from]) => from)).not.toContain('/etc/hostname');
  });

  test('where SELinux is off, or its tool is not there, nothing is asked', () => {
    start({ '/usr/sbin/restorecon': '' }).apply(resolv);
    expect([restorecon(), agent.labels]).toEqual([[], []]);
    agent.remove();
    start({ '/sys/fs/selinux/enforce': '0' }).apply(resolv);
    expect(restorecon()).toEqual([]);
    expect(agent.labels).toHaveLength(1);
  });

  test('a policy that is broken is reported, and the files are in place', () => {
    status = 255;
    const report = start(selinux).apply(resolv);
    expect(result(report, 'hostname')).toMatchObject({
      outcome: 'failed',
      message: 'written, but not labelled: /usr/sbin/restorecon: status 255; restorecon: no policy',
    });
    expect(agent.read('/etc/resolv.conf')).toContain('nameserver 192.0.2.53\n');
  });

  test('files that are put back after a failure get theirs back too', () => {
    start({ ...selinux, '/etc/hostname': 'before\n' }).failRename('/etc/resolv.conf');
    expect(result(agent.apply(resolv), 'dns')?.outcome).toBe('failed');
    expect(agent.read('/etc/hostname')).toBe('before\n');
    expect(agent.labels.filter(([from]) => from === '/etc/hostname')).toHaveLength(2);
    expect(restorecon()).toEqual([['/usr/sbin/restorecon', '-i', '/etc/hostname']]);
  });
});
