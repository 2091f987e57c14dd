import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { PlanError } from '../../../../guest-agent/agent/plan/plan.ts';
import { enabled } from '../../../../guest-agent/agent/rendering/disabled.ts';
import { renderOptions } from '../../../../guest-agent/agent/resources/ntp/busybox-ntpd/busybox-ntpd.ts';
import { renderNtpConf } from '../../../../guest-agent/agent/resources/ntp/ntpd/ntpd.ts';
import { renderSources, withoutOwnSources } from '../../../../guest-agent/agent/resources/ntp/sources.ts';
import { renderTimesyncd } from '../../../../guest-agent/agent/resources/ntp/timesyncd/timesyncd.ts';
import type { AgentReport } from '../../../../schemas/types/agent-report.ts';
import { type NodeAgent, scratchAgent } from '../../node-agent.ts';

const wanted = { servers: ['ntp1.example.com', '192.0.2.123'], pools: ['pool.example.com'] };
type Tree = Readonly<Record<string, string | { readonly link: string }>>;

const systemd: Tree = {
  '/sbin/init': { link: '/lib/systemd/systemd' },
  '/run/systemd/system/x': '',
  '/usr/bin/systemctl': '',
};
const openrc: Tree = { '/run/openrc/softlevel': '', '/sbin/rc-service': '', '/etc/init.d/ntpd': '' };
const timesyncd: Tree = {
  '/usr/lib/systemd/systemd-timesyncd': '',
  '/usr/lib/systemd/system/systemd-timesyncd.service': '',
};
const enabledTimesyncd: Tree = {
  ...timesyncd,
  '/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service': { link: 'x' },
};

describe('time services', () => {
  let agent: NodeAgent | undefined;
  afterEach(() => agent?.remove());

  const result = (report: AgentReport): AgentReport['resources'][number] | undefined =>
    report.resources.find(({ resource }) => resource === 'ntp');
  const live = (): readonly string[] => agent?.tools.map(({ argv }) => argv.join(' ')) ?? [];

  const cases = {
    'NTPsec on Debian': {
      tree: {
        ...systemd,
        '/usr/sbin/ntpd': '',
        '/usr/lib/systemd/system/ntpsec.service': '',
        '/etc/systemd/system/multi-user.target.wants/ntpsec.service': { link: 'x' },
        '/etc/ntpsec/ntp.conf':
          'driftfile /var/lib/ntpsec/ntp.drift\ntos minclock 4 minsane 3\npool 0.debian.pool.ntp.org iburst\nserver 127.127.28.0\nrestrict default kod\n',
        '/etc/ntpsec/ntp.d/10.conf': 'server 198.51.100.1\n',
        '/etc/default/ntpsec': 'NTPD_OPTS="-g -N"\nIGNORE_DHCP=""\n',
      },
      after: {
        '/etc/ntpsec/ntp.conf':
          'driftfile /var/lib/ntpsec/ntp.drift\ntos minclock 4 minsane 3\n# disabled by ubugi: pool 0.debian.pool.ntp.org iburst\nserver 127.127.28.0\nrestrict default kod\n# begin ubugi\nserver ntp1.example.com iburst\nserver 192.0.2.123 iburst\npool pool.example.com iburst\ntos minclock 3 minsane 1\n# end ubugi\n',
        '/etc/ntpsec/ntp.d/10.conf': '# disabled by ubugi: server 198.51.100.1\n',
        '/etc/default/ntpsec':
          'NTPD_OPTS="-g -N"\nIGNORE_DHCP=""\n# begin ubugi\nIGNORE_DHCP="yes"\n# end ubugi\n',
      },
      live: ['/usr/bin/systemctl --no-block try-restart ntpsec.service'],
    },
    'ntp of ntp.org': {
      tree: {
        ...systemd,
        '/usr/sbin/ntpd': '',
        '/usr/lib/systemd/system/ntpd.service': '',
        '/etc/ntp.conf': 'server 0.rhel.pool.ntp.org iburst\nrestrict default nomodify',
      },
      after: {
        '/etc/ntp.conf':
          '# disabled by ubugi: server 0.rhel.pool.ntp.org iburst\nrestrict default nomodify\n# begin ubugi\nserver ntp1.example.com iburst\nserver 192.0.2.123 iburst\npool pool.example.com iburst\ntos minclock 3 minsane 1\n# end ubugi\n',
      },
      live: ['/usr/bin/systemctl --no-block try-restart ntpd.service'],
    },
    'busybox ntpd on Alpine': {
      tree: {
        ...openrc,
        '/usr/sbin/ntpd': { link: '/bin/busybox' },
        '/etc/runlevels/default/ntpd': { link: '/etc/init.d/ntpd' },
        '/etc/conf.d/ntpd': '# options\nNTPD_OPTS="-N -p pool.ntp.org"\n',
      },
      after: {
        '/etc/conf.d/ntpd':
          '# options\nNTPD_OPTS="-N -p pool.ntp.org"\n# begin ubugi\nNTPD_OPTS="-N -p ntp1.example.com -p 192.0.2.123 -p pool.example.com"\n# end ubugi\n',
      },
      live: ['/sbin/rc-service --ifstarted ntpd restart'],
    },
    'systemd-timesyncd': {
      tree: { ...systemd, ...enabledTimesyncd, '/run/systemd/timesync/synchronized': '' },
      after: {
        '/etc/systemd/timesyncd.conf.d/50-ubugi.conf':
          '# Written by Ubugi.\n[Time]\nNTP=\nNTP=ntp1.example.com 192.0.2.123 pool.example.com\nFallbackNTP=\n',
      },
      live: ['/usr/bin/systemctl --no-block try-restart systemd-timesyncd.service'],
    },
  } as const satisfies Readonly<
    Record<string, { readonly tree: Tree; readonly after: Tree; readonly live: readonly string[] }>
  >;

  test.each(Object.entries(cases))(
    '%s: applied, applied again, taken back',
    (_, { tree, after, live: told }) => {
      const on = (agent = scratchAgent(tree));
      const textOf = (path: string): string | undefined => {
        try {
          return on.read(path);
        } catch {
          return undefined;
        }
      };
      const before = Object.keys(after).map(textOf);
      expect(result(on.apply({ ntp: wanted }))).toMatchObject({ outcome: 'changed' });
      expect(Object.fromEntries(Object.keys(after).map((path) => [path, textOf(path)]))).toEqual(after);
      expect(live()).toEqual(told);
      expect(result(on.apply({ ntp: wanted }))).toMatchObject({ outcome: 'unchanged' });
      expect([on.changed, live()]).toEqual([[], []]);
      expect(result(on.apply({}))).toMatchObject({ outcome: 'changed' });
      expect(live()).toEqual(told);
      const ended = (text: string | undefined): string | undefined => text?.replace(/([^\n])$/, '$1\n');
      expect(Object.keys(after).map(textOf)).toEqual(before.map(ended));
    },
  );

  test('of several the one that is enabled counts, and what stood in the other is taken back', () => {
    const on = (agent = scratchAgent({
      ...systemd,
      ...timesyncd,
      '/usr/sbin/ntpd': '',
      '/etc/ntp.conf': 'server a.example\n',
      '/usr/lib/systemd/system/ntpd.service': '',
    }));
    on.apply({ ntp: wanted });
    expect(on.read('/etc/ntp.conf')).toContain('server ntp1.example.com iburst\n');
    on.put('/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service', { link: 'x' });
    expect(result(on.apply({ ntp: wanted }))?.changes.map(({ action, target }) => [action, target])).toEqual([
      ['create', '/etc/systemd/timesyncd.conf.d/50-ubugi.conf'],
      ['update', '/etc/ntp.conf'],
    ]);
    expect(on.read('/etc/ntp.conf')).toBe('server a.example\n');
    on.apply({ ntp: wanted });
    expect(on.changed).toEqual([]);
  });

  test('a systemd-timesyncd that nobody enabled is none', () => {
    agent = scratchAgent({ ...systemd, ...timesyncd });
    expect(result(agent.apply({ ntp: wanted }))).toMatchObject({
      outcome: 'skipped',
      message: 'no time service is in use: install and enable chrony',
    });
    expect(result(agent.apply({}))).toMatchObject({ outcome: 'unchanged' });
  });

  test('renderers let no value be more than a name or an address', () => {
    const render = [
      (value: string) => renderSources({ servers: [value] }),
      (value: string) => renderSources({ pools: [value] }),
      (value: string) => renderNtpConf(renderSources({ servers: [value] })),
      (value: string) => renderOptions({ servers: [value] }),
      (value: string) => [renderTimesyncd({ servers: [value] }) ?? ''],
    ];
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom('a\npool b', 'a"; reboot; "', '$(id)', 'a b', '-p', '../x', 'a;b', "a'b", ''),
    );
    fc.assert(
      fc.property(hostile, fc.nat(render.length - 1), (value, which) => {
        try {
          const text = render[which]?.(value).join('\n') ?? '';
          expect(value).toMatch(/^[0-9a-zA-Z.:-]+$/);
          expect(value).not.toMatch(/^-/);
          expect(text).toContain(value);
        } catch (error) {
          if (!(error instanceof PlanError)) throw error;
        }
      }),
    );
  });

  test('own sources come back as they were, whatever the file', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('server a', ' Pool b iburst', 'peer\tc', 'sourcedir /run/x', 'server 127.127.1.0', '#'),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.filter((part) => !part.includes('disabled by ubugi')).join('\n');
        const without = withoutOwnSources(text);
        expect(enabled(without)).toBe(text);
        expect(withoutOwnSources(without)).toBe(without);
        expect(without).not.toMatch(/^[ \t]*(server|pool|peer)[ \t](?![ \t]*127\.127\.)/im);
      }),
    );
  });
});
