import { expect } from 'vitest';
import { exampleGuest, keys } from '../../example-guest.ts';
import type { MatrixGuest, MatrixRow } from './row.ts';

const { accounts, groups, sudo } = exampleGuest();
const wanted = { accounts, groups, sudo };
const withoutSudo = { accounts: accounts.map((account) => ({ ...account, shell: '/bin/sh' })), groups };
const databases = ['group', 'gshadow', 'passwd', 'shadow'].map((name) => `/etc/${name}`);
const homes = ['.bash_logout', '.bashrc', '.profile'].flatMap((name) => [
  `/home/alice/${name}`,
  `/home/bob/${name}`,
]);
const ranges = ['/etc/subgid', '/etc/subuid'];
const own = ['/etc/ssh/authorized_keys.d/alice', '/etc/ssh/authorized_keys.d/bob'];
const inHomes = ['/home/alice/.ssh/authorized_keys', '/home/bob/.ssh/authorized_keys'];
const rules = '/etc/sudoers.d/ubugi';

async function acceptAccounts(guest: MatrixGuest): Promise<void> {
  expect(await guest.succeed('id', 'alice')).toMatch(
    /^uid=5001\(alice\) gid=5001\(alice\) groups=.*6001\(operators\)/,
  );
  expect((await guest.succeed('id', '-nG', 'alice')).split(' ').sort()).toEqual([
    'adm',
    'alice',
    'operators',
  ]);
}

async function acceptSudo(guest: MatrixGuest): Promise<void> {
  await guest.succeed('visudo', '-c');
  expect(await guest.succeed('sudo', '-l', '-U', 'alice')).toContain(
    'NOPASSWD: /usr/bin/systemctl restart nginx',
  );
}

async function acceptSshd(guest: MatrixGuest, files: string): Promise<void> {
  await guest.succeed('mkdir', '-p', '/run/sshd');
  expect(await guest.succeed('sshd', '-T', '-C', 'user=alice,host=h,addr=192.0.2.9')).toContain(
    `authorizedkeysfile ${files}\n`,
  );
}

/** Tools for accounts, and places of keys. */
export const identityRows: readonly MatrixRow[] = [
  {
    name: 'shadow-utils, sudo, and an sshd that reads drop-ins',
    dress: () => undefined,
    wanted,
    writes: [...databases, ...ranges, ...homes, ...own, rules].sort(),
    async accept(guest) {
      await acceptAccounts(guest);
      expect((await guest.root.run(['pwck', '-qr'])).stdout).not.toMatch(/alice|bob/);
      expect((await guest.root.run(['grpck', '-qr'])).stdout).not.toMatch(/alice|bob|operators/);
      await acceptSudo(guest);
      await acceptSshd(guest, '.ssh/authorized_keys /etc/ssh/authorized_keys.d/%u');
    },
  },
  {
    name: 'an sshd that reads none: marked blocks in the homes',
    dress(guest) {
      const config = '/etc/ssh/sshd_config';
      guest.put(config, guest.read(config).replace(/^Include .*\n/m, ''));
    },
    wanted,
    writes: [...databases, ...ranges, ...homes, ...inHomes, rules].sort(),
    async accept(guest) {
      await acceptSshd(guest, '.ssh/authorized_keys .ssh/authorized_keys2');
      expect(await guest.succeed('ssh-keygen', '-lf', inHomes[0] ?? '')).toContain('alice@laptop (ED25519)');
    },
  },
  {
    name: 'busybox without gshadow, and dropbear',
    dress(guest) {
      guest.without('pwck', 'grpck', 'useradd', 'usermod', 'sshd', 'ssh-keygen', 'sudo', 'visudo', 'bash');
      guest.remove(
        '/etc/gshadow',
        '/etc/gshadow-',
        '/etc/sudoers',
        '/etc/sudoers.d',
        '/etc/subuid',
        '/etc/subgid',
      );
      guest.put('/usr/sbin/dropbear', '#!/bin/sh\nexit 0\n', 0o755);
    },
    wanted: withoutSudo,
    writes: [...databases.filter((path) => path !== '/etc/gshadow'), ...homes, ...inHomes].sort(),
    async accept(guest) {
      await acceptAccounts(guest);
      for (const [at, key] of [keys.alice, keys.bob].entries()) {
        expect(guest.read(inHomes[at] ?? '')).toMatch(
          new RegExp(`^# begin ubugi\\nssh-ed25519 ${key.replaceAll('+', '\\+')}`),
        );
      }
    },
  },
];
