import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLike, type OsRelease, readOsRelease } from '../../../guest-agent/agent/platform/os-release.ts';
import { testMachine } from '../test-machine.ts';

const read = (text: string): OsRelease => readOsRelease(testMachine({ '/etc/os-release': text }).files);

/** As the distributions ship them, shortened to the lines that count. */
const systems: Readonly<Record<string, readonly [text: string, expected: OsRelease]>> = {
  Debian: [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n',
    { id: 'debian', like: [], version: '12' },
  ],
  'Debian unstable, without a version': [
    'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nID=debian\n',
    { id: 'debian', like: [], version: '' },
  ],
  Ubuntu: [
    'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n',
    { id: 'ubuntu', like: ['debian'], version: '24.04' },
  ],
  RHEL: [
    'NAME="Red Hat Enterprise Linux"\nVERSION="9.4 (Plow)"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\nPLATFORM_ID="platform:el9"\n',
    { id: 'rhel', like: ['fedora'], version: '9.4' },
  ],
  Rocky: [
    'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
    { id: 'rocky', like: ['rhel', 'centos', 'fedora'], version: '9.4' },
  ],
  Alma: [
    'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"\n',
    { id: 'almalinux', like: ['rhel', 'centos', 'fedora'], version: '8.10' },
  ],
  Fedora: [
    'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=40\nPLATFORM_ID="platform:f40"\nANSI_COLOR="0;38;2;60;110;180"\n',
    { id: 'fedora', like: [], version: '40' },
  ],
  SLES: [
    'NAME="SLES"\nVERSION="15-SP5"\nVERSION_ID="15.5"\nID="sles"\nID_LIKE="suse"\n',
    { id: 'sles', like: ['suse'], version: '15.5' },
  ],
  'openSUSE Leap': [
    'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
    { id: 'opensuse-leap', like: ['suse', 'opensuse'], version: '15.6' },
  ],
  'openSUSE Tumbleweed': [
    'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20240620"\n',
    { id: 'opensuse-tumbleweed', like: ['opensuse', 'suse'], version: '20240620' },
  ],
  Alpine: [
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME="Alpine Linux v3.20"\n',
    { id: 'alpine', like: [], version: '3.20.1' },
  ],
};

describe('os-release', () => {
  test.each(Object.entries(systems))('%s', (_, [text, expected]) => {
    expect(read(text)).toEqual(expected);
  });

  test('of whom a system is made', () => {
    const rocky = read("ID='rocky'\nID_LIKE='rhel centos fedora'\n");
    expect([isLike(rocky, 'fedora'), isLike(rocky, 'rocky'), isLike(rocky, 'debian', 'suse')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.each([
    ['nothing', ''],
    ['a command', 'ID=$(reboot)\nID_LIKE=`id`\nVERSION_ID="1;id"\n'],
    ['a path', 'ID=../../etc\nID_LIKE="/ \\u0000"\n'],
    ['capitals', 'ID=Debian\nid=debian\n'],
    ['an open quote', 'ID="debian\nVERSION_ID=\'12\n'],
    ['text after the value', 'ID=debian ubuntu\nID="a"b\n'],
    ['an empty value', 'ID=\nID_LIKE=""\n'],
    ['a comment', '#ID=debian\n'],
  ])('%s says nothing', (_, text) => {
    expect(read(text)).toEqual({ id: 'linux', like: [], version: '' });
  });

  test('the last of several counts, as in a shell; line ends of DOS do no harm', () => {
    expect(read('ID=debian\r\nID=alpine\r\nVERSION_ID="3"\r\n')).toEqual({
      id: 'alpine',
      like: [],
      version: '3',
    });
  });

  test('links are followed as they stand, and not for ever', () => {
    const chain = {
      '/etc/os-release': { link: '../usr/lib/os-release' },
      '/usr/lib/os-release': { link: './os.release.d/os-release-cloud' },
      '/usr/lib/os.release.d/os-release-cloud': 'ID=fedora\n',
    };
    expect(readOsRelease(testMachine(chain).files).id).toBe('fedora');
    expect(readOsRelease(testMachine({ '/usr/lib/os-release': 'ID=debian\n' }).files).id).toBe('debian');
    const loop = { '/etc/os-release': { link: 'os-release' }, '/usr/lib/os-release': 'ID=debian\n' };
    expect(readOsRelease(testMachine(loop).files).id).toBe('debian');
    const lost = { '/etc/os-release': { link: '/nowhere' }, '/usr/lib/os-release': 'ID=debian\n' };
    expect(readOsRelease(testMachine(lost).files).id).toBe('debian');
    expect(readOsRelease(testMachine({}).files).id).toBe('linux');
  });

  test('whatever the file, identifiers are identifiers', () => {
    const line = fc.tuple(
      fc.constantFrom('ID', 'ID_LIKE', 'VERSION_ID', 'X'),
      fc.string(),
      fc.constantFrom('', '"', "'"),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { id, like, version } = read(
          lines.map(([name, value, q]) => `${name}=${q}${value}${q}`).join('\n'),
        );
        for (const value of [id, ...like]) expect(value).toMatch(/^[a-z0-9._-]+$/);
        expect(version).toMatch(/^[a-z0-9._-]*$/);
      }),
    );
  });
});
