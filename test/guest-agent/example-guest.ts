import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';

/** Public keys that ssh-keygen made for tests; nobody has their private halves. */
export const keys = {
  alice: 'AAAAC3NzaC1lZDI1NTE5AAAAIErv1BvZafHyKDP6Rx9fyw8kYj5R8j68f7HmZjtCubhp',
  bob: 'AAAAC3NzaC1lZDI1NTE5AAAAIG7sW3atZAdsr2jgidtZsKGYzgGRurS+udx4bXCvog8e',
} as const;

/** A guest configuration with something in every section, changed at will. */
export function exampleGuest(changes: Partial<GuestConfiguration> = {}): GuestConfiguration {
  return {
    schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
    instance: { id: '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01', name: 'web-01', osFamily: 'debian' },
    hostname: { name: 'web-01', fqdn: 'web-01.example.com' },
    network: {
      interfaces: [
        {
          mac: '52:54:00:12:34:56',
          addresses: ['192.0.2.10/24', '2001:db8::10/64'],
          gateway4: '192.0.2.1',
          gateway6: '2001:db8::1',
          routes: [{ to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 }],
          mtu: 1400,
        },
      ],
    },
    dns: { servers: ['192.0.2.53', '2001:db8::53'], search: ['example.com'] },
    ntp: { servers: ['ntp1.example.com', '192.0.2.123'], pools: ['pool.example.com'] },
    groups: [
      { name: 'alice', gid: 5001, members: [] },
      { name: 'bob', gid: 5002, members: [] },
      { name: 'operators', gid: 6001, members: ['alice', 'bob'] },
    ],
    accounts: [
      {
        name: 'alice',
        uid: 5001,
        gid: 5001,
        gecos: 'Alice Example',
        home: '/home/alice',
        shell: '/bin/bash',
        extraGroups: ['adm'],
        keys: [{ type: 'ssh-ed25519', key: keys.alice, comment: 'alice@laptop' }],
      },
      {
        name: 'bob',
        uid: 5002,
        gid: 5002,
        gecos: 'Bob',
        home: '/home/bob',
        shell: '/bin/bash',
        keys: [{ type: 'ssh-ed25519', key: keys.bob }],
      },
    ],
    sudo: {
      rules: [
        {
          role: 'restart',
          users: ['alice'],
          commands: [{ command: '/usr/bin/systemctl', arguments: 'restart nginx' }],
          tags: ['NOPASSWD'],
        },
        {
          role: 'operators',
          users: ['%operators'],
          runAsUsers: ['www-data'],
          commands: [{ command: '/usr/bin/id' }],
        },
      ],
    },
    files: [
      { path: '/etc/motd', mode: '0644', owner: 'root', group: 'root', content: 'web-01, production\n' },
      {
        path: '/home/alice/.config/app/settings',
        mode: '0600',
        owner: 'alice',
        group: 'alice',
        content: 'a=1\n',
      },
    ],
    scripts: [],
    ...changes,
  };
}
