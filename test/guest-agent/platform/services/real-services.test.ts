import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runLiveActions } from '../../../../guest-agent/agent/apply/live.ts';
import { type Machine, observeMachine } from '../../../../guest-agent/agent/plan/machine.ts';
import { emptyPlan, type LiveAction } from '../../../../guest-agent/agent/plan/plan.ts';
import {
  isEnabled,
  serviceManager,
} from '../../../../guest-agent/agent/platform/services/service-manager.ts';
import { createNodeSystem } from '../../../../guest-agent/agent/system/node-system.ts';
import type { System } from '../../../../guest-agent/agent/system/system.ts';
import { addDebianPackages } from '../../../harness/debian-package.ts';
import { createGuestRoot, type GuestRoot } from '../../../harness/guest-root.ts';
import { chrootTools } from '../../node-agent.ts';

/** What is started, with the real `rc-service`, the scripts of the packages and `systemctl`, in a root of Debian. */
describe('services of a real root', () => {
  let guest: GuestRoot;
  let system: System;
  beforeAll(async () => {
    guest = await createGuestRoot('tools');
    await addDebianPackages(guest.path, ['openrc', 'librc1', 'libeinfo1']);
    const answer = chrootTools(guest.path);
    const processes = { run: (tools: Parameters<System['processes']['run']>[0]) => tools.map(answer) };
    system = createNodeSystem({
      root: guest.path,
      processes: { ...processes, endSessions: () => undefined },
    });
    script('rc', '#!/sbin/openrc-run\nstart() { echo start >>/log; }\nstop() { echo stop >>/log; }\n');
    // As chrony's script in Debian 12, which knows no try-restart.
    script(
      'lsb',
      '#!/bin/sh\ncase $1 in\n  status) [ -e /running ] || exit 3 ;;\n  start|stop|restart|force-reload) echo "$1" >>/log ;;\n  *) exit 1 ;;\nesac\n',
    );
  }, 900_000);
  beforeEach(() => {
    for (const name of ['run', 'log', 'running', 'etc/runlevels/default/rc']) {
      rmSync(join(guest.path, name), { recursive: true, force: true });
    }
    mkdirSync(join(guest.path, 'run'));
  });
  afterAll(() => guest?.remove());

  function script(name: string, text: string): void {
    writeFileSync(join(guest.path, 'etc/init.d', name), text);
    chmodSync(join(guest.path, 'etc/init.d', name), 0o755);
  }
  const machine = (): Machine => observeMachine(system, { offline: false });
  const log = (): string => readFileSync(join(guest.path, 'log'), { encoding: 'utf8', flag: 'a+' });
  const problems = (live: readonly LiveAction[]): readonly string[] => [
    ...runLiveActions(
      { resources: [{ ...emptyPlan('ntp'), live }], owned: { files: [], groups: [], accounts: [] } },
      system,
    ).values(),
  ];

  test('OpenRC: what is stopped stays so, what runs is started anew', async () => {
    const states =
      'starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp';
    for (const state of states.split(' '))
      mkdirSync(join(guest.path, 'run/openrc', state), { recursive: true });
    writeFileSync(join(guest.path, 'run/openrc/softlevel'), 'default\n');
    const manager = serviceManager(machine());
    expect(manager.name).toBe('OpenRC');
    expect(problems(manager.restart(['none', 'rc'], machine()))).toEqual([]);
    expect(log()).toBe('');
    expect(problems(manager.start(['rc'], machine()))).toEqual([]);
    expect(log()).toBe('start\n');
    expect(problems(manager.reload(['rc'], machine()))).toEqual([]);
    expect(log()).toBe('start\nstop\nstart\n');
    expect(manager.enables(['rc'], machine())).toBe(false);
    expect((await guest.run(['rc-update', 'add', 'rc', 'default'])).status).toBe(0);
    expect(manager.enables(['rc'], machine())).toBe(true);
  });

  test('sysvinit: scripts of packages that do not run are left alone', () => {
    const manager = serviceManager(machine());
    expect(manager.name).toBe('sysvinit');
    for (const name of ['ssh', 'chrony', 'ntpsec', 'lsb']) {
      expect(problems(manager.restart([name], machine()))).toEqual([]);
      expect(problems(manager.reload([name], machine()))).toEqual([]);
    }
    expect(log()).toBe('');
    writeFileSync(join(guest.path, 'running'), '');
    expect(problems([...manager.restart(['lsb'], machine()), ...manager.reload(['lsb'], machine())])).toEqual(
      [],
    );
    expect(log()).toBe('restart\nforce-reload\n');
  });

  test('systemd: systemctl takes what it is told', async () => {
    mkdirSync(join(guest.path, 'run/systemd/system'), { recursive: true });
    const manager = serviceManager(machine());
    expect(manager.name).toBe('systemd');
    const actions = (['reload', 'restart', 'start'] as const).flatMap((verb) =>
      manager[verb](['ssh'], machine()),
    );
    for (const action of actions) {
      if (action.kind !== 'command') throw new Error('not a command');
      const { status, stderr } = await guest.run(['env', 'SYSTEMD_OFFLINE=1', ...action.argv]);
      expect([status, stderr]).toEqual([0, expect.stringContaining('Running in chroot, ignoring command')]);
    }
    expect(actions).toHaveLength(3);
  });

  test('systemd: the same services are enabled as systemctl says', async () => {
    await guest.run(['systemctl', 'mask', 'NetworkManager.service']);
    const names = [
      'chrony',
      'ssh',
      'systemd-timesyncd',
      'systemd-resolved',
      'NetworkManager',
      'ntpsec',
      'none',
    ];
    const found = names.filter((name) => isEnabled([name], machine()));
    const said: string[] = [];
    for (const name of names) {
      const { stdout } = await guest.run(['systemctl', 'is-enabled', `${name}.service`]);
      if (stdout === 'enabled') said.push(name);
    }
    expect(found).toEqual(said);
    expect(said).toEqual(['chrony', 'ssh', 'systemd-resolved']);
  });
});
