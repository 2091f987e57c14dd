import { createHash } from 'node:crypto';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { parseInstanceId } from '../../server/domain/identifiers.ts';
import type { DriveIdentity } from '../../server/drive/drive-builder.ts';
import type { DriveFile } from '../../server/drive/drive-file.ts';
import { type Payload, payloadOf } from '../../server/drive/payload.ts';
import type { StoredGeneration } from '../../server/store/store.ts';

/** A UUID made of a number. */
export function sampleId(index: number): string {
  return `6f1c0b1e-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** A guest configuration of a usual size: twenty people, four groups, some rules. */
export function sampleGuest(index = 1): GuestConfiguration {
  const names = Array.from({ length: 20 }, (_, person) => `person${person}`);
  return {
    schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
    instance: {
      id: sampleId(index),
      name: `web-${index}`,
      osFamily: 'debian',
      project: 'shop',
      owner: 'team-shop',
      creator: 'alice',
      createdAt: '2026-01-01T00:00:00Z',
      site: 'tokyo',
    },
    hostname: { name: `web-${index}`, fqdn: `web-${index}.tokyo.example.com` },
    network: {
      interfaces: [
        {
          name: 'eth0',
          mac: '52:54:00:00:00:01',
          mtu: 1450,
          addresses: ['192.0.2.10/24', '2001:db8::10/64'],
          gateway4: '192.0.2.1',
          gateway6: '2001:db8::1',
          routes: [{ to: '198.51.100.0/24', via: '192.0.2.254' }],
        },
        { mac: '52:54:00:00:00:02', dhcp4: true },
      ],
    },
    dns: { servers: ['192.0.2.53', '2001:db8::53'], search: ['tokyo.example.com', 'example.com'] },
    ntp: { servers: ['192.0.2.123'], pools: [] },
    groups: [{ name: 'shop', gid: 20_000, members: names }],
    accounts: names.map((name, person) => ({
      name,
      uid: 10_000 + person,
      gid: 20_000,
      gecos: `Person ${person}`,
      home: `/home/${name}`,
      shell: '/bin/bash',
      keys: [
        {
          type: 'ssh-ed25519',
          key: 'AAAAC3NzaC1lZDI1NTE5AAAAIJbLEKcD+cbTm2jVGYKhMxS1dqsoHnw9Hi5TXkA1x0Pz',
          comment: name,
        },
      ],
    })),
    sudo: { rules: [{ role: 'ops', users: ['%shop'], commands: [{ command: '/usr/bin/systemctl' }] }] },
    files: [
      { path: '/etc/motd', mode: '0644', owner: 'root', group: 'root', content: `web-${index} in Tokyo\n` },
    ],
    scripts: [],
  };
}

/** A generation of such a guest; with scripts if some are given. */
export function sampleGeneration(
  change: {
    readonly index?: number;
    readonly number?: number;
    readonly guest?: Partial<GuestConfiguration>;
    readonly scripts?: StoredGeneration['scripts'];
  } = {},
): StoredGeneration {
  const scripts = change.scripts ?? [];
  const guest: GuestConfiguration = {
    ...sampleGuest(change.index),
    scripts: scripts.map(({ name, content }) => ({
      name,
      sha256: createHash('sha256').update(content).digest('hex'),
      timeoutSeconds: 60,
    })),
    ...change.guest,
  };
  const instance = parseInstanceId(guest.instance.id);
  if (instance === undefined) throw new Error('the sample has no proper id');
  return {
    instance,
    number: change.number ?? 1,
    createdAt: '2026-01-02T03:04:05Z',
    actor: 'cli:alice',
    reason: 'sync',
    contentSha256: createHash('sha256').update(JSON.stringify(guest)).digest('hex'),
    guest,
    scripts,
    sources: [],
    parts: { identity: '1'.repeat(64), sudo: '2'.repeat(64), payload: '3'.repeat(64) },
  };
}

/** What the store keeps beside the generation. */
export const sampleIdentity: DriveIdentity = {
  randomSeed: Buffer.alloc(512, 'seed').toString('base64'),
  availabilityZone: 'tokyo-a',
  userData: undefined,
};

/** A payload of small files. */
export const samplePayload: Payload = payloadOf([
  payloadFile('ubugi/agent/aarch64/ubugi-agent', Buffer.alloc(5000, 'arm')),
  payloadFile('ubugi/agent/x86_64/ubugi-agent', Buffer.alloc(3000, 'x86')),
  payloadFile('ubugi/launch', Buffer.from('#!/bin/sh\nexit 0\n')),
]);

function payloadFile(path: string, content: Buffer): DriveFile {
  return { path, content, executable: true };
}
