import { createHash } from 'node:crypto';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { StoredGeneration } from '../../../server/store/store.ts';
import { sampleGeneration } from '../sample-generation.ts';

const key = {
  type: 'ssh-ed25519' as const,
  key: 'AAAAC3NzaC1lZDI1NTE5AAAAIJbLEKcD+cbTm2jVGYKhMxS1dqsoHnw9Hi5TXkA1x0Pz',
};
const script = '#!/bin/sh\nid -un > /var/log/10-hello\n';

/** A guest that cloud-init alone dresses, with something of everything. */
export const cloudGuest: GuestConfiguration = {
  ...sampleGeneration().guest,
  delivery: 'cloud-config',
  hostname: { name: 'web-1', fqdn: 'web-1.tokyo.example.com' },
  network: {
    interfaces: [{ mac: '52:54:00:00:00:01', addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' }],
  },
  dns: { servers: ['192.0.2.53'], search: ['tokyo.example.com'] },
  ntp: { servers: ['ntp1.tokyo.example.com', '192.0.2.123'] },
  groups: [
    { name: 'ops', gid: 20_000, members: ['alice', 'rescue'] },
    { name: 'people', gid: 20_001, members: [] },
  ],
  accounts: [
    {
      name: 'alice',
      uid: 10_001,
      gid: 20_001,
      gecos: 'Alice Example',
      home: '/home/alice',
      shell: '/bin/bash',
      extraGroups: ['adm'],
      keys: [
        { ...key, comment: 'alice@laptop' },
        {
          ...key,
          key: 'AAAAC3NzaC1lZDI1NTE5AAAAIAJz4SJ9iHUOeM0XQzhNbLLXnkGXaiIGyZWm4z5w0lBm',
          options: {
            flags: ['restrict', 'pty'],
            from: ['192.0.2.0/24', '!192.0.2.7'],
            command: '/usr/bin/id -u',
          },
        },
      ],
    },
    {
      name: 'carol',
      uid: 10_003,
      gid: 20_001,
      gecos: '',
      home: '/srv/carol',
      shell: '/bin/sh',
      notAfter: '2030-06-15T12:00:00Z',
      exclusiveKeys: true,
      keys: [],
    },
    {
      name: 'rescue',
      uid: 60_000,
      gid: 20_001,
      gecos: 'Break-glass',
      home: '/home/rescue',
      shell: '/bin/bash',
      breakGlass: true,
      keys: [key],
    },
  ],
  sudo: {
    defaults: [{ option: 'secure_path', value: '/usr/sbin:/usr/bin:/sbin:/bin' }],
    rules: [
      {
        role: 'web',
        users: ['%ops', '!carol'],
        commands: [
          { command: '/usr/bin/systemctl', arguments: 'restart nginx' },
          { command: '/usr/bin/systemctl', arguments: 'stop *', negated: true },
        ],
        tags: ['NOPASSWD'],
      },
      {
        role: 'break-glass rescue',
        users: ['rescue'],
        runAsUsers: ['ALL'],
        runAsGroups: ['ALL'],
        commands: [{ command: 'ALL' }],
        tags: ['NOPASSWD'],
      },
    ],
  },
  files: [
    { path: '/etc/motd', mode: '0644', owner: 'root', group: 'root', content: 'Ünïcode, "quotes": \\n\n' },
    {
      path: '/srv/carol/note',
      mode: '0600',
      owner: 'carol',
      group: 'people',
      content: '## template: jinja\n',
    },
  ],
  scripts: [
    { name: '10-hello', sha256: createHash('sha256').update(script).digest('hex'), timeoutSeconds: 30 },
  ],
};

/** Its generation. */
export const cloudGeneration: StoredGeneration = {
  ...sampleGeneration(),
  guest: cloudGuest,
  scripts: [{ name: '10-hello', content: script }],
};
