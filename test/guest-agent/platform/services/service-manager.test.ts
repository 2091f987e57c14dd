import { describe, expect, test } from 'vitest';
import type { Machine } from '../../../../guest-agent/agent/plan/machine.ts';
import {
  isEnabled,
  serviceManager,
} from '../../../../guest-agent/agent/platform/services/service-manager.ts';
import { type TestEntry, testMachine } from '../../test-machine.ts';

type Tree = Readonly<Record<string, TestEntry>>;
const names = ['ssh', 'sshd'] as const;

const systemd: Tree = {
  '/run/systemd/system/x': '',
  '/usr/bin/systemctl': '',
  '/usr/lib/systemd/system/sshd.service': '',
};
const openrc: Tree = { '/run/openrc/softlevel': '', '/usr/sbin/rc-service': '', '/etc/init.d/sshd': '' };
const sysvinit: Tree = { '/etc/init.d/ssh': '' };

/** What is started for `reload`, `restart` and `start`, the question before it in brackets. */
function calls(machine: Machine): readonly (readonly string[])[] {
  const manager = serviceManager(machine);
  return (['reload', 'restart', 'start'] as const).map((verb) =>
    manager[verb](names, machine).map((action) =>
      action.kind === 'command'
        ? `${action.when === undefined ? '' : `[${action.when.join(' ')}] `}${action.argv.join(' ')}`
        : action.kind,
    ),
  );
}

describe('service managers', () => {
  test('systemd queues a job for the first unit that is installed', () => {
    expect(calls(testMachine(systemd))).toEqual([
      ['/usr/bin/systemctl --no-block try-reload-or-restart sshd.service'],
      ['/usr/bin/systemctl --no-block try-restart sshd.service'],
      ['/usr/bin/systemctl --no-block restart sshd.service'],
    ]);
  });

  test('OpenRC restarts what is started', () => {
    expect(calls(testMachine(openrc))).toEqual([
      ['/usr/sbin/rc-service --ifstarted sshd restart'],
      ['/usr/sbin/rc-service --ifstarted sshd restart'],
      ['/usr/sbin/rc-service sshd restart'],
    ]);
  });

  test('scripts are asked whether the service runs', () => {
    expect(calls(testMachine(sysvinit))).toEqual([
      ['[/etc/init.d/ssh status] /etc/init.d/ssh force-reload'],
      ['[/etc/init.d/ssh status] /etc/init.d/ssh restart'],
      ['/etc/init.d/ssh restart'],
    ]);
  });

  test.each([
    ['nothing at all', {}, 'none'],
    ['systemd that runs, with scripts beside it', { ...sysvinit, ...openrc, ...systemd }, 'systemd'],
    ['OpenRC that runs, with systemctl installed', { ...openrc, '/usr/bin/systemctl': '' }, 'OpenRC'],
    ['OpenRC that is installed and does not run', { '/usr/sbin/rc-service': '', ...sysvinit }, 'sysvinit'],
  ])('%s', (_, tree, name) => {
    expect(serviceManager(testMachine(tree)).name).toBe(name);
  });

  test('a service that is not installed is nothing to do', () => {
    for (const tree of [{}, { '/run/systemd/system/x': '', '/usr/bin/systemctl': '' }]) {
      const machine = testMachine(tree);
      expect(calls(machine)).toEqual([[], [], []]);
    }
  });
});

describe('what is enabled', () => {
  const init = { '/sbin/init': { link: '/lib/systemd/systemd' } };
  const link = { link: '/usr/lib/systemd/system/sshd.service' };
  test.each<readonly [string, Tree, boolean]>([
    [
      'wanted by a target',
      { ...init, '/etc/systemd/system/multi-user.target.wants/sshd.service': link },
      true,
    ],
    ['required', { ...systemd, '/etc/systemd/system/x.target.requires/ssh.service': link }, true],
    [
      'by the package itself',
      { ...init, '/usr/lib/systemd/system/sysinit.target.wants/sshd.service': link },
      true,
    ],
    [
      'masked',
      {
        ...init,
        '/etc/systemd/system/multi-user.target.wants/sshd.service': link,
        '/etc/systemd/system/sshd.service': { link: '/dev/null' },
      },
      false,
    ],
    ['installed only', { ...init, '/usr/lib/systemd/system/sshd.service': '' }, false],
    ['an rc link that systemd does not look at', { ...init, '/etc/rc2.d/S01ssh': '' }, false],
    ['in a runlevel', { '/etc/runlevels/default/sshd': { link: '/etc/init.d/sshd' } }, true],
    ['in no runlevel', { '/etc/runlevels/default/cron': '', '/etc/rc2.d/S01ssh': '' }, false],
    ['started by a link', { '/etc/rc2.d/S01ssh': { link: '../init.d/ssh' } }, true],
    [
      'stopped by a link',
      { '/etc/rc2.d/K01ssh': { link: '../init.d/ssh' }, '/etc/rc2.d/S01sshguard': '' },
      false,
    ],
  ])('%s', (_, tree, expected) => {
    expect(isEnabled(names, testMachine(tree))).toBe(expected);
  });
});
