import { expect } from 'vitest';
import { addDebianPackages } from '../../../harness/debian-package.ts';
import { ntpRows } from './ntp-rows.ts';
import type { MatrixGuest, MatrixRow } from './row.ts';

const [{ wanted, writes }] = ntpRows as [MatrixRow];
const log = '/tmp/told';
const recorder = `#!/bin/sh\necho "$*" >>${log}\n`;

/** chronyd runs, as far as its own file says; nothing of systemd does. */
function withChronyRunning(guest: MatrixGuest): void {
  guest.put('/run/chrony/chronyd.pid', '1\n');
}

function told(...lines: readonly string[]): NonNullable<MatrixRow['told']> {
  return (guest) => {
    const said = guest
      .read(log)
      .split('\n')
      .filter((line) => /^(start|stop|status|restart)$|chrony/.test(line));
    expect(said).toEqual(lines);
  };
}

/** What starts services: chrony's sources change while it runs, and it is started anew by whatever started it. */
export const initRows: readonly MatrixRow[] = [
  {
    name: 'systemd',
    dress(guest) {
      withChronyRunning(guest);
      guest.put('/run/systemd/system/.there', '');
      guest.put('/usr/bin/systemctl', recorder, 0o755);
    },
    wanted,
    writes,
    running: true,
    told: told('--no-block try-restart chrony.service'),
  },
  {
    name: 'OpenRC, with its own rc-service',
    async dress(guest) {
      withChronyRunning(guest);
      guest.without('systemctl');
      await addDebianPackages(guest.root.path, ['openrc', 'librc1', 'libeinfo1']);
      const script = `#!/sbin/openrc-run\nstart() { echo start >>${log}; }\nstop() { echo stop >>${log}; }\n`;
      guest.put('/etc/init.d/chrony', script, 0o755);
      for (const state of [
        'starting',
        'started',
        'stopping',
        'inactive',
        'daemons',
        'options',
        'exclusive',
        'failed',
      ])
        guest.put(`/run/openrc/${state}/.there`, '');
      guest.put('/run/openrc/softlevel', 'default\n');
      guest.put('/run/openrc/started/chrony', { link: '/etc/init.d/chrony' });
    },
    wanted,
    writes,
    running: true,
    told: told('stop', 'start'),
  },
  {
    name: 'sysvinit',
    dress(guest) {
      withChronyRunning(guest);
      guest.without('systemctl', 'rc-service');
      guest.put('/etc/init.d/chrony', recorder, 0o755);
    },
    wanted,
    writes,
    running: true,
    told: told('status', 'restart'),
  },
  {
    name: 'no init that is known: files only',
    dress(guest) {
      withChronyRunning(guest);
      guest.without('systemctl', 'rc-service');
      guest.remove('/etc/init.d', '/etc/runlevels');
    },
    wanted,
    writes,
    running: true,
    told: told(),
  },
];
