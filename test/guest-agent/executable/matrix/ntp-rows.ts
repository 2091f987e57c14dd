import { expect } from 'vitest';
import type { MatrixGuest, MatrixRow } from './row.ts';

const wanted = { ntp: { servers: ['ntp1.example.com', '192.0.2.123'], pools: ['pool.example.com'] } };
const sources = [
  'pool pool.example.com iburst',
  'server 192.0.2.123 iburst',
  'server ntp1.example.com iburst',
];
const units = '/etc/systemd/system';

/** What chronyd prints of what it reads; it does not follow a `sourcedir` there. */
const acceptedIn =
  (...files: readonly string[]): NonNullable<MatrixRow['accept']> =>
  async (guest) => {
    const read: string[] = [];
    for (const file of files) read.push(...(await guest.succeed('chronyd', '-p', '-f', file)).split('\n'));
    expect(read.filter((line) => /^\s*(server|pool|peer) /.test(line)).sort()).toEqual(sources);
  };

/** Neither chrony nor what else would set the clock. */
function withoutChrony(guest: MatrixGuest): void {
  guest.without('chronyd', 'chronyc');
  guest.remove('/etc/chrony', `${units}/chronyd.service`, `${units}/multi-user.target.wants/chrony.service`);
  guest.remove('/etc/init.d/chrony', '/etc/rc2.d/S01chrony');
}

/** Time services. */
export const ntpRows: readonly MatrixRow[] = [
  {
    name: 'chrony, as Debian lays it out',
    dress: () => undefined,
    wanted,
    writes: ['/etc/chrony/chrony.conf', '/etc/chrony/sources.d/ubugi.sources'],
    accept: acceptedIn('/etc/chrony/chrony.conf', '/etc/chrony/sources.d/ubugi.sources'),
  },
  {
    name: 'chrony, as RHEL lays it out',
    dress(guest) {
      guest.remove('/etc/chrony');
      guest.put('/etc/chrony.conf', 'pool 2.rhel.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\nrtcsync\n');
    },
    wanted,
    writes: ['/etc/chrony.conf'],
    accept: acceptedIn('/etc/chrony.conf'),
  },
  {
    name: 'chrony, as SUSE lays it out',
    dress(guest) {
      guest.remove('/etc/chrony');
      guest.put('/etc/chrony.conf', 'include /etc/chrony.d/*.conf\nrtcsync\n');
      guest.put('/etc/chrony.d/pool.conf', 'pool 2.opensuse.pool.ntp.org iburst\n');
    },
    wanted,
    writes: ['/etc/chrony.d/pool.conf', '/etc/chrony.d/ubugi.conf'],
    accept: acceptedIn('/etc/chrony.conf'),
  },
  {
    name: 'systemd-timesyncd',
    dress(guest) {
      withoutChrony(guest);
      guest.without('ntpd');
      const unit = '/lib/systemd/system/systemd-timesyncd.service';
      guest.put(`${units}/sysinit.target.wants/systemd-timesyncd.service`, { link: unit });
    },
    wanted,
    writes: ['/etc/systemd/timesyncd.conf.d/50-ubugi.conf'],
    async accept(guest) {
      const read = await guest.succeed('systemd-analyze', 'cat-config', 'systemd/timesyncd.conf');
      expect(read).toMatch(/^NTP=ntp1\.example\.com 192\.0\.2\.123 pool\.example\.com$/m);
    },
  },
  {
    // It has no way to read its file without setting the clock.
    name: 'ntpd of NTPsec',
    dress: withoutChrony,
    wanted,
    writes: ['/etc/default/ntpsec', '/etc/ntpsec/ntp.conf'],
    accept(guest) {
      const lines = guest.read('/etc/ntpsec/ntp.conf').split('\n');
      expect(lines.filter((line) => /^(server|pool|peer) /.test(line)).sort()).toEqual(sources);
    },
  },
  {
    name: "busybox's ntpd",
    dress(guest) {
      withoutChrony(guest);
      guest.remove('/etc/ntpsec');
      guest.put('/usr/sbin/ntpd', { link: '/bin/busybox' });
      guest.put('/etc/conf.d/ntpd', 'NTPD_OPTS="-N -p pool.ntp.org"\n');
    },
    wanted,
    writes: ['/etc/conf.d/ntpd'],
    async accept(guest) {
      expect(await guest.succeed('sh', '-euc', '. /etc/conf.d/ntpd; echo "$NTPD_OPTS"')).toBe(
        '-N -p ntp1.example.com -p 192.0.2.123 -p pool.example.com',
      );
    },
  },
];
